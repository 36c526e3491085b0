import type { Random } from '../load/random.js';
import type { Strike } from '../strikes/scene.js';

/** Chance that two faults strike together. */
const TOGETHER = 0.4;

/**
 * Draws what strikes next. Two that strike together are of different kinds (the first word of their names): one that mends
 * what another breaks would be no fault; and what measures strikes alone. Pure but for its chances.
 */
export function drawStrikes(random: Random, strikes: readonly Strike[]): Strike[] {
  const first = random.pick(strikes);
  const others = strikes.filter(({ name, alone }) => alone !== true && kindOf(name) !== kindOf(first.name));
  if (first.alone === true || others.length === 0 || !random.chance(TOGETHER)) return [first];
  return [first, random.pick(others)];
}

/** What a fault touches; two of the same kind touch the same thing. */
export function kindOf(name: string): string {
  return KINDS.find(([, pattern]) => pattern.test(name))?.[0] ?? name;
}

const KINDS: readonly (readonly [string, RegExp])[] = [
  ['processes', /^(kill|stop)-|^deploy$|^poison$/],
  ['redis', /^redis-/],
  ['postgres', /^postgres-/],
  ['network', /^(cut|lose|slow)-/],
  ['clocks', /^clock-/],
  ['clients', /^(slowloris|deaf-clients)$/],
];
