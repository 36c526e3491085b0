#!/usr/bin/env node
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createRedis } from '@sluice/fleet/redis/connect';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import { createSubscriber } from '@sluice/fleet/redis/subscribe';
import { loadOrExit } from '@sluice/shared/config/loadOrExit';
import { createReadiness } from '@sluice/shared/http/readiness';
import { systemClock } from '@sluice/shared/lifecycle/clock';
import { runUntilSignal } from '@sluice/shared/lifecycle/runUntilSignal';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { createFleetBoard } from './board/fleetBoard.js';
import { followLanes } from './board/followLanes.js';
import { loadDashboardConfig } from './config.js';
import { createDashboardServer } from './http/dashboardServer.js';

const config = loadOrExit(() => loadDashboardConfig(process.env));
const log = createLogger('dashboard', config.log);
const { now } = systemClock;
const redis = createRedis(config.redis, 'caller', log);
const keys = fleetKeys(config.redis.prefix);
const board = createFleetBoard(createLaneQueues(redis.client, keys), config.board, now);
const lanes = followLanes({ client: redis.client, keys, board, maxLanes: config.board.maxLanes, now, log });
const changes = createSubscriber(redis.client, { [keys.changedChannel]: lanes.hurry });
const server = createDashboardServer({
  config: config.server,
  operatorKey: config.operatorKey,
  board: board.plugin,
  viewed: lanes.viewed,
  metrics: createMetrics('dashboard'),
  readiness: createReadiness({ redis: redis.ping }),
  now,
  log,
});
await runUntilSignal([redis, board, lanes, changes, server], {
  graceMs: config.shutdown.graceMs,
  log,
  ready: () => ({ url: server.url() }),
});
