import { createCaller } from '../load/caller.js';
import type { SubmitParts } from '../load/submit.js';
import { makeTenant } from '../load/tenants.js';
import type { Scene } from '../strikes/scene.js';
import type { Overload } from './figures.js';
import type { Flood } from './flood.js';
import { createFlood } from './flood.js';
import type { MemoryWatch } from './memoryWatch.js';
import { watchMemory } from './memoryWatch.js';
import type { Neighbour } from './neighbour.js';
import { startNeighbour } from './neighbour.js';

/** One tenant floods, others go on, and somebody looks on. */
export interface OverloadRun {
  readonly flood: Flood;
  readonly neighbours: readonly Neighbour[];
  readonly memory: MemoryWatch;
  /** When each part of it began, by this process's monotonic clock, in ms; filled as it goes. */
  readonly beganMs: Map<keyof Overload['waitsMs'], number>;
  /** From the request to the start of the neighbours' jobs, in ms; of jobs that have not started, nothing. */
  waitsMs(): Overload['waitsMs'];
}

const NEIGHBOURS = ['calma', 'calmb'];

/** One neighbour's job after the other, in ms. */
const NEIGHBOUR_EVERY_MS = 100;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
let made = 0;

/** Makes tenants of its own, and lets the neighbours begin. */
export async function openOverload({ stand, load, random }: Scene): Promise<OverloadRun> {
  const [front = ''] = stand.fronts;
  const round = inLetters(made++);
  const beganMs: OverloadRun['beganMs'] = new Map();
  const nextFront = (): string => random.pick(stand.of('producer').flatMap(({ member }) => member.url() ?? []));
  async function partsOf(name: string): Promise<SubmitParts> {
    const { id, token } = await makeTenant(front, stand.operatorKey, `${name}${round}`);
    return { caller: createCaller(id, token, load.book), nextFront, book: load.book, file: load.file };
  }
  const [flooder, ...others] = await Promise.all(['flood', ...NEIGHBOURS].map(partsOf));
  if (flooder === undefined) throw new Error('there is no tenant');
  const neighbours = others.map((parts) => startNeighbour(parts, load.sink.url, NEIGHBOUR_EVERY_MS));

  function waitsMs(): Overload['waitsMs'] {
    const waits: Record<keyof Overload['waitsMs'], number[]> = { calm: [], saturated: [], flooded: [], refused: [] };
    const asked = neighbours.flatMap(({ submittedMs }) => [...submittedMs]);
    for (const [canary, atMs] of asked) {
      const [during] = [...beganMs].filter(([, began]) => began <= atMs).at(-1) ?? [];
      const startMs = load.sink.firstMs.get(canary);
      if (during !== undefined && startMs !== undefined) waits[during].push(startMs - atMs);
    }
    return waits;
  }
  return {
    flood: createFlood(flooder, load.sink.url),
    neighbours,
    memory: watchMemory(stand.posts),
    beganMs,
    waitsMs,
  };
}

/** Canaries know names of letters alone. */
function inLetters(number: number): string {
  const rest = Math.floor(number / LETTERS.length);
  return `${rest > 0 ? inLetters(rest - 1) : ''}${LETTERS[number % LETTERS.length]}`;
}
