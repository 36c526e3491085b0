import { setTimeout as pause } from 'node:timers/promises';
import type { Load } from '../load/load.js';
import type { Random } from '../load/random.js';
import type { Post, Stand } from '../stand/stand.js';

/** Context in which a fault strikes. */
export interface Scene {
  readonly stand: Stand;
  readonly load: Load;
  readonly random: Random;
  /** Whether no other fault strikes at the same time. */
  readonly isAlone: boolean;
  /** How long a store is paused, in ms: longer than every lease of the stand, and longer still in a soak. */
  readonly standstillMs: number;
  /** Total duration of a measuring fault's phases, in ms. */
  readonly measureMs: number;
  /** Resolves when the fault has lasted this many ms, or immediately when the run is stopping. */
  lasts(ms: number): Promise<void>;
}

/** A fault that is injected and then repaired. */
export interface Strike {
  /** Name on the command line. */
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** Redis loses its data, including leases: what only Redis stores is not checked. */
  readonly losesRedis?: boolean;
  /** It measures, so nothing else strikes at the same time and no burst precedes it. */
  readonly alone?: boolean;
  /** Why this machine cannot run it; null when it can. */
  unfit?(scene: Scene): string | null;
  /** Strikes, and resolves when everything is repaired; does not wait for the fleet to recover. */
  strike(scene: Scene): Promise<void>;
  /** Violations besides the invariants, once everything has ended. */
  judge?(scene: Scene): Promise<string[]>;
  /** Measurements to report, not to check: they depend on the machine. Called once everything has ended. */
  measure?(): Measured;
}

/** What a fault measured. */
export interface Measured {
  /** One line each. */
  readonly figures: readonly string[];
  /** Figures outside their limits, one line each. */
  readonly findings: readonly string[];
}

/** Creates a scene. @param stop ends long waits */
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

/** A random process of a kind. */
export function anyOf({ stand, random }: Scene, role: Post['member']['role']): Post {
  return random.pick(stand.of(role));
}

/** The single Redis of a stand. @throws Error when the stand uses the caller's Redis */
export function redisOf({ stand: { redis } }: Scene): NonNullable<Stand['redis']> {
  if (redis === null) throw new Error('this stand has no Redis of its own');
  return redis;
}
