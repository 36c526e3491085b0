import type { Strike } from './strikes/scene.js';
import { strikeNamed } from './strikes/strikes.js';

/**
 * Every fault once, two at a time where neither masks the other: they break different things, and neither removes what
 * the other is checked by.
 */
const ROUNDS = [
  // Alone: checked by how each process exits.
  ['deploy'],
  ['kill-each', 'slowloris'],
  ['kill-all', 'clock-others'],
  ['kill-producers', 'clock-fast'],
  ['stop-worker', 'postgres-pause'],
  ['stop-scaler', 'deaf-clients'],
  ['poison', 'lose-answers'],
  ['redis-kill', 'cut-clients'],
  ['redis-pause', 'cut-postgres'],
  ['redis-full', 'slow-network'],
  ['redis-disk-full', 'postgres-breaks'],
  ['redis-readonly', 'lose-questions'],
  ['postgres-kill', 'cut-redis'],
  ['postgres-exhausted', 'clock-slow'],
  // After the first data loss, jobs accepted by Redis alone are no longer checked.
  ['redis-promote'],
  ['redis-empty'],
  ['redis-rack'],
  ['redis-flush'],
  // Alone: it measures, and leaves many jobs behind.
  ['overload'],
];

/** The rounds of `npm test`: the faults that strike together, in this order. */
export const BRIEF_ROUNDS: readonly (readonly Strike[])[] = ROUNDS.map((names) => names.map(strikeNamed));
