import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startFleetProcess } from '../../support/fleetProcess.js';
import { nowMs } from '../harness/childCalls.js';
import type { BenchServers } from '../harness/servers.js';
import { countCommands } from './countCommands.js';

/** How often the scaler looks, and how often it is asked whether it has, in ms. */
const LOOK_EVERY_MS = 250;
const ASK_EVERY_MS = 25;
/** How long one look may take, in ms. */
const GIVE_UP_MS = 120_000;
/** Looks in which commands are counted. */
const COUNTED_LOOKS = 3;

/** The scaler's histogram of looks, whatever stands in front of its name. */
const LOOK_METRIC = /^sluice_(?:scaler_)?look_seconds_(sum|count)(?:\{[^}]*\})? (\S+)$/gm;

/** A real scaler process that leads a fleet, watched from outside. */
export interface ScalerUnderTest {
  /** Resolves when it has looked at all tenants so many times. */
  looked(times: number): Promise<void>;
  /** Time that its next look at all tenants takes, by its own metric, in ms. */
  timeNextLook(): Promise<number>;
  /** Commands that a Redis which nobody else uses gets in its next looks, those left out that its scripts run. */
  countCommands(): Promise<{ readonly commands: number; readonly looks: number }>;
  /** Resolves with the file that its CPU profile was written to, null when none was asked for. */
  stop(): Promise<string | null>;
}

/**
 * Starts a scaler as in production, but for looking more often.
 * @param profileDir where it leaves a CPU profile; null for none
 */
export async function startScaler({ environment }: BenchServers, profileDir: string | null): Promise<ScalerUnderTest> {
  const scaler = await startFleetProcess('scaler', {
    ...environment,
    SCALER_INTERVAL_MS: String(LOOK_EVERY_MS),
    ...(profileDir === null ? {} : profiling(profileDir)),
  });

  async function readLooks(): Promise<{ readonly sumMs: number; readonly count: number }> {
    const text = await (await fetch(new URL('/metrics', scaler.url))).text();
    const figures = new Map([...text.matchAll(LOOK_METRIC)].map(([, name, value]) => [name, Number(value)]));
    return { sumMs: (figures.get('sum') ?? 0) * 1_000, count: figures.get('count') ?? 0 };
  }

  async function untilLooks(atLeast: number): Promise<{ readonly sumMs: number; readonly count: number }> {
    const giveUpAt = nowMs() + GIVE_UP_MS;
    for (;;) {
      const looks = await readLooks();
      if (looks.count >= atLeast) return looks;
      if (nowMs() > giveUpAt) throw new Error(`the scaler did not look at its tenants within ${GIVE_UP_MS} ms`);
      await pause(ASK_EVERY_MS);
    }
  }

  return {
    async looked(times) {
      await untilLooks(times);
    },
    async timeNextLook() {
      const before = await readLooks();
      const after = await untilLooks(before.count + 1);
      return (after.sumMs - before.sumMs) / (after.count - before.count);
    },
    async countCommands() {
      const before = await readLooks();
      const counting = await countCommands(environment.REDIS_URL ?? '');
      const after = await untilLooks(before.count + COUNTED_LOOKS);
      return { commands: counting.stop(), looks: after.count - before.count };
    },
    async stop() {
      await scaler.stop();
      return profileDir === null ? null : join(profileDir, `scaler-${scaler.child.pid}.cpuprofile`);
    },
  };
}

function profiling(directory: string): Record<string, string> {
  const profiler = new URL('./profileProcess.js', import.meta.url).href;
  return { NODE_OPTIONS: `--import=${profiler}`, PROFILE_DIR: directory, PROFILE_NAME: 'scaler' };
}
