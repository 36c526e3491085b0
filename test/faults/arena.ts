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

/** What an arena is made of. */
export interface ArenaOptions
  extends StandOptions,
    Pick<LoadOptions, 'tenants' | 'clients' | 'pauseMs' | 'redisShare' | 'burst' | 'snoopEveryMs'> {
  readonly seed: number;
  /** How long a store stands still, in ms. */
  readonly standstillMs: number;
  /** How long a fault that measures does so, in ms, all its parts together. */
  readonly measureMs: number;
  /** Ends what lasts. */
  readonly stop?: AbortSignal;
  /** Folder for the file of promises; one that is removed at the end by default. */
  readonly folder?: string;
}

/** Small enough for two cores that others use, too. */
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

/** What shows how a fleet takes the failover of another Redis; that its own processes fail is another file's affair. */
export const FEW = { producer: 1, worker: 2, scaler: 1 } as const;

/** What `npm test` can afford: as many processes, and load enough to see what becomes of it. */
export const BRIEF = {
  ...SMALL,
  tenants: 2,
  clients: 1,
  pauseMs: 300,
  burst: 30,
  snoopEveryMs: 800,
  measureMs: 4_000,
} as const;

/** Opens a stand and all that plays on it. */
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
