import { mix32 } from '@sluice/shared/domain/hash';

/** Random numbers of one run, reproducible by seed. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** An integer in [0, end). */
  below(end: number): number;
  chance(probability: number): boolean;
  /** @throws Error when `items` is empty */
  pick<Item>(items: readonly Item[]): Item;
}

/** From an integer seed: a counter with golden-ratio increments, mixed (SplitMix, Steele et al., 2014). */
export function createRandom(seed: number): Random {
  let state = mix32(seed);
  function next(): number {
    state = (state + 0x9e3779b9) | 0;
    return mix32(state) / 2 ** 32;
  }
  const below = (end: number): number => Math.floor(next() * end);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick(items) {
      const [item] = items.slice(below(items.length));
      if (item === undefined) throw new Error('there is nothing to choose from');
      return item;
    },
  };
}
