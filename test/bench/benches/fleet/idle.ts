import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { startFleetProcess } from '../../../support/fleetProcess.js';
import { nowMs } from '../../harness/childCalls.js';
import type { RedisLoad } from '../../harness/redisLoad.js';
import { commandsBetween, readRedisLoad } from '../../harness/redisLoad.js';
import type { BenchServers } from '../../harness/servers.js';
import { compareSides, oneRound } from './compareSides.js';
import type { FleetContext, Measure } from './measure.js';
import { describeCpu, onServedFleet, tenantsOf, withCpu } from './runFleet.js';

/** As long as a bare Worker waits for a job before it asks again. */
const SECONDS = 60;

/** Commands that are named for people. */
const NAMED = 8;

/** How long the other processes are left to begin before the window, in ms. */
const BEGIN_MS = 5_000;

/** What a fleet asks of Redis while nothing happens. */
export const idle: Measure = {
  name: 'idle',
  summary: 'Redis commands per second while all tenants rest',
  method:
    `Every tenant has been served once; then the commands that Redis ran within ${SECONDS} s are counted by its own statistics, ` +
    "those that scripts ran included, the bench's own left out. Ours: a whole fleet, that is the worker process, a scaler, a " +
    'producer and a dashboard with default settings. Bare: the worker process.',
  measure(context) {
    const { tenants } = context;
    return compareSides(
      oneRound(context),
      `idle, ${tenants} tenants`,
      (side) =>
        onServedFleet(side, context, tenantsOf(tenants), async (fleet) => {
          const rest = side === 'ours' ? await startRest(context.servers) : [];
          try {
            if (rest.length > 0) await pause(Math.min(BEGIN_MS, (context.seconds ?? SECONDS) * 1_000));
            const { result, cpu } = await withCpu(context, fleet, 'idle', () => countIdle(context));
            const { perSecond, named } = result;
            return { figures: { perSecond }, notes: [describeCpu(cpu), `commands per second: ${named}`] };
          } finally {
            await Promise.all(rest.map((process) => process.stop()));
          }
        }),
      [
        {
          metric: `${tenants.toLocaleString('en')} idle tenants, all processes together: Redis commands per second`,
          unit: 'commands/s',
          figure: 'perSecond',
          target: { of: 'ours', bound: 'at-most', value: 50 },
        },
      ],
    );
  },
};

/** What Redis does while nobody asks for anything, other than the bench. */
export async function countIdle(context: FleetContext): Promise<{
  readonly perSecond: number;
  /** The most frequent commands, for people. */
  readonly named: string;
}> {
  const { client } = context.servers.redis;
  const [before, fromMs]: [RedisLoad, number] = [await readRedisLoad(client), nowMs()];
  await pause((context.seconds ?? SECONDS) * 1_000);
  const [after, untilMs]: [RedisLoad, number] = [await readRedisLoad(client), nowMs()];
  const seconds = (untilMs - fromMs) / 1_000;
  const commands = commandsBetween(before, after);
  return {
    perSecond: commands.reduce((sum, [, calls]) => sum + calls, 0) / seconds,
    named: commands
      .slice(0, NAMED)
      .map(([name, calls]) => `${name} ${(calls / seconds).toFixed(1)}`)
      .join(', '),
  };
}

/** The other processes of our fleet, as in production. */
async function startRest({ environment }: BenchServers) {
  const operatorKey = `slk_${randomBytes(24).toString('base64url')}`;
  const settings = { ...environment, SLUICE_OPERATOR_KEY: operatorKey };
  return Promise.all((['producer', 'scaler', 'dashboard'] as const).map((name) => startFleetProcess(name, settings)));
}
