import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { UIConfig } from '@bull-board/api/typings/app';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { classOfLane, tenantOfLane } from '@sluice/shared/domain/lane';
import type { Service } from '@sluice/shared/lifecycle/service';
import type { FastifyPluginAsync } from 'fastify';
import { createBoardAdapter } from './boardAdapter.js';
import type { BoardAccess } from './boardHooks.js';
import { boardHooks } from './boardHooks.js';
import type { LaneChoice } from './chooseLanes.js';

/** How long a lane counts as watched after its last request, in ms. */
const WATCHED_MS = 60_000;

/** Maximum number of watched lanes. */
const MAX_WATCHED = 50;

/** Bull Board over the lanes of all tenants. */
export interface FleetBoard extends Service {
  /** Bull Board's page and API; mount it at `/`. */
  readonly plugin: FastifyPluginAsync;
  /** Shows these lanes and removes all others. */
  show(choice: LaneChoice): Promise<void>;
  /** Lanes that somebody viewed within the last minute. */
  watched(): ReadonlySet<string>;
}

/**
 * Creates the board; it shows no lanes yet.
 * @param now unix ms
 */
export function createFleetBoard(queues: LaneQueues, access: BoardAccess, now: () => number): FleetBoard {
  const shown = new Set<string>();
  const watchedUntil = new Map<string, number>();
  const server = createBoardAdapter();
  const board = createBullBoard({
    queues: [],
    serverAdapter: server,
    options: { uiConfig: uiConfig(null), handlerHooks: boardHooks(access, watch) },
  });

  function watch(lane: string): void {
    watchedUntil.delete(lane);
    watchedUntil.set(lane, now() + WATCHED_MS);
    const [oldest] = watchedUntil.keys();
    if (watchedUntil.size > MAX_WATCHED && oldest !== undefined) watchedUntil.delete(oldest);
  }

  function add(name: string): void {
    const queue = queues.queue(laneOf(name));
    board.addQueue(new BullMQAdapter(queue, { readOnlyMode: !access.allowActions, delimiter: '.', displayName: name }));
    shown.add(name);
  }

  async function remove(name: string): Promise<void> {
    board.removeQueue(name);
    shown.delete(name);
    queues.forget(laneOf(name));
  }

  return {
    name: 'board',
    async start() {
      // Lanes are opened when they are shown.
    },
    stop: () => queues.close(),
    plugin: server.plugin,
    async show(choice) {
      const wanted = new Set(choice.shown);
      await Promise.all([...shown].filter((name) => !wanted.has(name)).map(remove));
      for (const name of choice.shown) if (!shown.has(name)) add(name);
      server.setUIConfig(uiConfig(choice));
    },
    watched() {
      for (const [lane, until] of watchedUntil) if (until <= now()) watchedUntil.delete(lane);
      return new Set(watchedUntil.keys());
    },
  };
}

function laneOf(name: string): { tenantId: string; queueClass: ReturnType<typeof classOfLane> } {
  return { tenantId: tenantOfLane(name), queueClass: classOfLane(name) };
}

/** Bull Board's page settings; they state when not every lane is shown. */
function uiConfig(choice: LaneChoice | null): UIConfig {
  const hidden = choice === null ? 0 : choice.total - choice.shown.length;
  return {
    boardTitle: 'Sluice',
    boardLogo: { path: 'assets/icon.svg', width: 28, height: 28 },
    favIcon: { default: 'assets/icon.svg', alternative: 'assets/icon.svg' },
    miscLinks: [{ text: 'Log out', url: '/logout' }],
    hideDocsLink: true,
    // Would run CLIENT LIST once per lane and poll; worker processes share connections, so it would show little.
    showWorkers: false,
    sortQueues: true,
    overview: { groupByDelimiter: true },
    ...(hidden > 0
      ? {
          environment: {
            label: `${count(choice?.shown.length)} of ${count(choice?.total)} lanes shown, those with jobs first`,
            color: '#8a5a00',
            textColor: '#ffffff',
          },
        }
      : {}),
  };
}

function count(number = 0): string {
  return number.toLocaleString('en');
}
