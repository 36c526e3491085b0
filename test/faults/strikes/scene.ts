import { setTimeout as pause } from 'node:timers/promises';
import type { Load } from '../load/load.js';
import type { Random } from '../load/random.js';
import type { Post, Stand } from '../stand/stand.js';

/** Where a fault strikes. */
export interface Scene {
  readonly stand: Stand;
  readonly load: Load;
  readonly random: Random;
  /** No other fault strikes at the same time. */
  readonly isAlone: boolean;
  /** How long a store stands still, in ms: past every lease of the stand, and longer in a soak. */
  readonly standstillMs: number;
  /** How long a fault that measures does so, in ms, all its parts together. */
  readonly measureMs: number;
  /** Resolves when the fault has lasted for so many ms, or at once when the run is to end. */
  lasts(ms: number): Promise<void>;
}

/** A thing that goes wrong, and is mended. */
export interface Strike {
  /** As named on the command line. */
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** Redis loses what it holds, or leases with it: what Redis alone keeps is not judged. */
  readonly losesRedis?: boolean;
  /** It measures, so nothing else strikes at the same time and no burst comes before it. */
  readonly alone?: boolean;
  /** Why this machine cannot do it; null when it can. */
  unfit?(scene: Scene): string | null;
  /** Strikes, and resolves when everything is mended; what the fleet makes of it is its own affair. */
  strike(scene: Scene): Promise<void>;
  /** What is amiss when everything has ended, beside the invariants. */
  judge?(scene: Scene): Promise<string[]>;
  /** What was measured, to be told and not judged: it depends on the machine. Asked when everything has ended. */
  measure?(): Measured;
}

/** What a fault measured. */
export interface Measured {
  /** One line each. */
  readonly figures: readonly string[];
  /** Figures beyond the bounds that they should keep, one line each. */
  readonly findings: readonly string[];
}

/** Makes a scene. @param stop ends what lasts */
export function createScene(
  parts: Pick<Scene, 'stand' | 'load' | 'random' | 'standstillMs' | 'measureMs'>,
  stop: AbortSignal,
): Scene {
  return {
    ...parts,
    isAlone: true,
    lasts: (ms) => pause(ms, undefined, { signal: stop }).catch(() => undefined),
  };
}

/** One process of a kind, by chance. */
export function anyOf({ stand, random }: Scene, role: Post['member']['role']): Post {
  return random.pick(stand.of(role));
}

/** The one Redis of a stand. @throws Error where Redis is another */
export function redisOf({ stand: { redis } }: Scene): NonNullable<Stand['redis']> {
  if (redis === null) throw new Error('this stand has no Redis of its own');
  return redis;
}
