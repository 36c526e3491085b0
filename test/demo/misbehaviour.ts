/** How the receiver answers one request. */
export type Answer =
  | { readonly kind: 'accept' }
  /** 429 with Retry-After: 1. */
  | { readonly kind: 'pace' }
  /** 500. */
  | { readonly kind: 'fail' };

/** Decides how deliveries are answered. */
export interface Misbehaviour {
  /** The answer to the next request of this delivery. */
  answer(id: string): Answer;
  /** How long the next answer takes, in ms. */
  latencyMs(): number;
}

/** Chances of a delivery to be paced or failed for once and for twice; a second failure still leaves a retry. */
const ONCE = 0.12;
const TWICE = 0.03;

/**
 * A receiver's moods: of a hundred deliveries, fifteen are asked to wait and fifteen fail, once or twice each, and then
 * are accepted. Never more than two failures, so that a job with three retries always arrives.
 * @param random source of [0, 1)
 */
export function createMisbehaviour(random: () => number): Misbehaviour {
  const trouble = new Map<string, Answer['kind'][]>();
  const times = (): number => {
    const drawn = random();
    return drawn < TWICE ? 2 : drawn < TWICE + ONCE ? 1 : 0;
  };
  return {
    answer(id) {
      let ahead = trouble.get(id);
      if (ahead === undefined) {
        ahead = [...Array<Answer['kind']>(times()).fill('pace'), ...Array<Answer['kind']>(times()).fill('fail')];
        trouble.set(id, ahead);
      }
      return { kind: ahead.shift() ?? 'accept' };
    },
    latencyMs: () => 20 + Math.floor(random() * 80),
  };
}

/** Numbers in [0, 1) that are the same for the same seed: mulberry32, Tommy Ettinger, 2017. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
