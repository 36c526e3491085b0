import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { FleetProcess } from '../support/fleetProcess.js';
import { until } from '../support/until.js';

/** A sample or a comment of the text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
const LINE =
  /^(# (HELP|TYPE) [a-z_][\w:]* .+|[a-z_][\w:]*(\{([a-z_]\w*="([^"\\\n]|\\.)*",?)*\})? (Na[Nn]|[+-]Inf|[-+.\de]+))$/;

const OF_SCALER = ['ga4_queue_length', 'ga4_workers_active'];
const OF_WORKER = [
  'ga4_queue_wait_time_seconds',
  'ga4_queue_wait_time_histogram_seconds_bucket',
  'ga4_queue_processing_duration_seconds_sum',
  'ga4_queue_success_rate',
  'ga4_queue_retry_count',
];

describe('metrics per tenant', () => {
  let fleet: Fleet;
  let worker: FleetProcess;
  let scaler: FleetProcess;
  beforeAll(async () => {
    fleet = await startFleet({ SCALER_INTERVAL_MS: '500', METRICS_TOP_TENANTS: '1', METRICS_TENANTS: 'vip' });
    worker = await fleet.start('worker');
    scaler = await fleet.start('scaler');
  });
  afterAll(() => fleet.close());

  it('are the six of the requirement, name the busiest and the listed, and put the rest together', async () => {
    const vip = await fleet.tenant('vip');
    const busy = await fleet.tenant('busy');
    const quiet = await fleet.tenant('quiet');
    const read = async ({ url }: FleetProcess): Promise<string[]> =>
      (await (await fetch(`${url}/metrics`)).text()).trimEnd().split('\n');
    const tells = (lines: readonly string[], name: string, tenant: string): boolean =>
      lines.some((line) => line.startsWith(`${name}{`) && line.includes(`tenant_id="${tenant}"`));

    await until(
      'each process tells of each tenant under its name',
      async () => {
        const failing = { task: 'system.probe', data: { fail: 'transient', failTimes: 1 } };
        for (let i = 0; i < 5; i++) await busy.expect(202, 'POST', '/api/v1/jobs', failing);
        await vip.expect(202, 'POST', '/api/v1/jobs', failing);
        await quiet.expect(202, 'POST', '/api/v1/jobs', failing);
        const [ofWorker, ofScaler] = [await read(worker), await read(scaler)];
        return ['vip', 'busy', 'other'].every(
          (tenant) =>
            OF_WORKER.every((name) => tells(ofWorker, name, tenant)) &&
            OF_SCALER.every((name) => tells(ofScaler, name, tenant)),
        );
      },
      60_000,
    );
    for (const percentile of ['p50', 'p90', 'p95', 'p99']) {
      const told = (await read(worker)).filter((line) => line.startsWith('ga4_queue_wait_time_seconds{'));
      expect(told.some((line) => line.includes(`percentile="${percentile}"`))).toBe(true);
    }
    for (const process of [worker, scaler, fleet.producer]) {
      const lines = await read(process);
      expect(lines.filter((line) => line !== '' && !LINE.test(line))).toEqual([]);
      expect(lines.some((line) => line.includes('"quiet"'))).toBe(false);
    }
  });
});
