import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadOptions } from './load/load.js';
import { openLoad } from './load/load.js';
import { createRandom } from './load/random.js';
import { createDashboardLook } from './pages/dashboardPages.js';
import type { Arena } from './round.js';
import { watchSlots } from './stand/slotWatch.js';
import type { StandOptions } from './stand/stand.js';
import { openStand } from './stand/stand.js';
import { createScene } from './strikes/scene.js';

/** Options of an arena. */
export interface ArenaOptions
  extends StandOptions,
    Pick<LoadOptions, 'tenants' | 'clients' | 'pauseMs' | 'redisShare' | 'burst' | 'snoopEveryMs'> {
  readonly seed: number;
  /** How long a store is paused, in ms. */
  readonly standstillMs: number;
  /** Total duration of a measuring fault's phases, in ms. */
  readonly measureMs: number;
  /** Ends long waits. */
  readonly stop?: AbortSignal;
  /** Folder for the file of promises; by default a temporary one, removed at the end. */
  readonly folder?: string;
}

/** Small enough for two shared cores. */
export const SMALL = {
  crew: { producer: 2, worker: 2, scaler: 2 },
  tenants: 3,
  clients: 2,
  pauseMs: 150,
  redisShare: 0.1,
  burst: 60,
  snoopEveryMs: 200,
  standstillMs: 8_000,
  measureMs: 8_000,
} as const;

/** Enough to test how a fleet handles the failover of another Redis; other files test failures of its processes. */
export const FEW = { producer: 1, worker: 2, scaler: 1 } as const;

/** What `npm test` can afford: as many processes, and enough load to observe the outcome. */
export const BRIEF = {
  ...SMALL,
  tenants: 2,
  clients: 1,
  pauseMs: 300,
  burst: 30,
  snoopEveryMs: 800,
  measureMs: 4_000,
} as const;

/** Opens a stand with its load and observers. */
export async function openArena(options: ArenaOptions): Promise<Arena & { close(): Promise<void> }> {
  const stand = await openStand(options);
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'sluice-faults-')));
  const random = createRandom(options.seed);
  const load = await openLoad(stand, { ...options, random, folder });
  const watch = await watchSlots(stand.redisConfig);
  const scene = createScene(
    { stand, load, random, standstillMs: options.standstillMs, measureMs: options.measureMs },
    options.stop ?? new AbortController().signal,
  );
  return {
    stand,
    load,
    watch,
    scene,
    lookAtDashboard: createDashboardLook(),
    redisLost: false,
    known: new Set(),
    async close() {
      await watch.stop();
      await stand.close();
      await load.close();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
