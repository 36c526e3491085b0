import { mix32 } from '@sluice/shared/domain/hash';

/** Numbers in [0, 1). */
export type Random = () => number;

/**
 * Creates a deterministic random source from a seed: a counter that steps by the golden ratio, mixed. Steele, Lea and
 * Flood, "Fast Splittable Pseudorandom Number Generators" (SplitMix), 2014.
 */
export function seededRandom(seed: number): Random {
  let state = mix32(seed);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return mix32(state) / 2 ** 32;
  };
}

/** Draws from the exponential distribution with this mean. */
export function exponential(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean;
}

/** Draws from the standard normal distribution: Box and Muller, 1958. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
