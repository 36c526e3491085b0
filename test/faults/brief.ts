import type { Strike } from './strikes/scene.js';
import { strikeNamed } from './strikes/strikes.js';

/**
 * Every fault once, two at a time where neither hides the other: different things break, and what one takes away is not
 * what the other is judged by.
 */
const ROUNDS = [
  // It is judged by how each process ends.
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
  // From the first loss on, what Redis alone had accepted is not judged any more.
  ['redis-promote'],
  ['redis-empty'],
  ['redis-rack'],
  ['redis-flush'],
  // It measures, and leaves many jobs behind.
  ['overload'],
];

/** What strikes together in `npm test`, in this order. */
export const BRIEF_ROUNDS: readonly (readonly Strike[])[] = ROUNDS.map((names) => names.map(strikeNamed));
