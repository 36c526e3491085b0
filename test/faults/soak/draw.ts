import type { Random } from '../load/random.js';
import type { Strike } from '../strikes/scene.js';

/** Probability that two faults strike together. */
const TOGETHER = 0.4;

/**
 * Draws the next strikes. Two that strike together are of different kinds (the first word of their names), since one
 * could repair what the other breaks; a measuring fault strikes alone. Pure except for the random source.
 */
export function drawStrikes(random: Random, strikes: readonly Strike[]): Strike[] {
  const first = random.pick(strikes);
  const others = strikes.filter(({ name, alone }) => alone !== true && kindOf(name) !== kindOf(first.name));
  if (first.alone === true || others.length === 0 || !random.chance(TOGETHER)) return [first];
  return [first, random.pick(others)];
}

/** The component that a fault affects; two of the same kind affect the same one. */
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
