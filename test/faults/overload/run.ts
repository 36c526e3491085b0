import { untilDrained } from '../../support/until.js';
import { createCaller } from '../load/caller.js';
import type { Canary } from '../load/canary.js';
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

/** Phases of an overload. */
export type Part = keyof Overload['waitsMs'];

/** One tenant floods, others continue as before, and both are measured. */
export interface OverloadRun {
  readonly flood: Flood;
  readonly neighbours: readonly Neighbour[];
  readonly memory: MemoryWatch;
  /** The neighbours' jobs requested from now on count for this phase; for none when null. */
  begin(part: Part | null): void;
  /** Resolves when every job that neighbours requested in this phase has started. */
  untilStarted(part: Part): Promise<void>;
  /** From request to start of the neighbours' jobs, in ms; omits jobs that have not started. */
  waitsMs(): Overload['waitsMs'];
  /** From request to response, in ms. */
  answersMs(): Overload['waitsMs'];
}

const NEIGHBOURS = ['calma', 'calmb'];

/** Interval between one neighbour's jobs, in ms. */
const NEIGHBOUR_EVERY_MS = 100;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
let made = 0;

/** Creates its own tenants and starts the neighbours. */
export async function openOverload({ stand, load, random }: Scene): Promise<OverloadRun> {
  const [front = ''] = stand.fronts;
  const round = inLetters(made++);
  const begun: { readonly part: Part | null; readonly atMs: number }[] = [];
  const nextFront = (): string => random.pick(stand.of('producer').flatMap(({ member }) => member.url() ?? []));
  async function partsOf(name: string): Promise<SubmitParts> {
    const { id, token } = await makeTenant(front, stand.operatorKey, `${name}${round}`);
    return { caller: createCaller(id, token, load.book), nextFront, book: load.book, file: load.file };
  }
  const [flooder, ...others] = await Promise.all(['flood', ...NEIGHBOURS].map(partsOf));
  if (flooder === undefined) throw new Error('there is no tenant');
  const neighbours = others.map((parts) => startNeighbour(parts, load.sink.url, NEIGHBOUR_EVERY_MS));

  function askedIn(part: Part): (readonly [Canary, number])[] {
    const jobs = neighbours.flatMap(({ submittedMs }) => [...submittedMs]);
    return jobs.filter(([, atMs]) => begun.findLast((one) => one.atMs <= atMs)?.part === part);
  }
  function timesTo(ends: (canary: Canary) => number | undefined): Overload['waitsMs'] {
    const timesOf = (part: Part): number[] =>
      askedIn(part).flatMap(([canary, atMs]) => {
        const endMs = ends(canary);
        return endMs === undefined ? [] : [endMs - atMs];
      });
    const [calm, saturated] = [timesOf('calm'), timesOf('saturated')];
    return { calm, saturated, flooded: timesOf('flooded'), refused: timesOf('refused') };
  }
  return {
    flood: createFlood(flooder, load.sink.url),
    neighbours,
    memory: watchMemory(stand.posts),
    begin(part) {
      begun.push({ part, atMs: performance.now() });
    },
    async untilStarted(part) {
      const asked = askedIn(part);
      const countLeft = (): number => asked.filter(([canary]) => !load.sink.firstMs.has(canary)).length;
      await untilDrained(`neighbours' jobs are started, ${part}`, countLeft);
    },
    waitsMs: () => timesTo((canary) => load.sink.firstMs.get(canary)),
    answersMs: () =>
      timesTo((canary) => neighbours.map(({ answeredMs }) => answeredMs.get(canary)).find((at) => at !== undefined)),
  };
}

/** Encodes a number in letters: canaries only support names of letters. */
function inLetters(number: number): string {
  const rest = Math.floor(number / LETTERS.length);
  return `${rest > 0 ? inLetters(rest - 1) : ''}${LETTERS[number % LETTERS.length]}`;
}
