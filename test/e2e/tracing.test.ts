import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toTraceMetadata } from '@sluice/fleet/queue/add/traceMetadata';
import { registerLanes } from '@sluice/fleet/redis/commands/registerLanes';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { CollectedSpan, OtlpCollector } from '../support/otlpCollector.js';
import { startOtlpCollector } from '../support/otlpCollector.js';
import { until } from '../support/until.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const PLAIN_TRACE = '1bf7651916cd43dd8448eb211c80319d';

describe('tracing', () => {
  let collector: OtlpCollector;
  let upstream: Server;
  let fleet: Fleet;
  const heard: (string | undefined)[] = [];

  beforeAll(async () => {
    collector = await startOtlpCollector();
    upstream = createServer((request, response) => {
      heard.push(request.headers.traceparent as string | undefined);
      response.writeHead(heard.length === 1 ? 500 : 204).end();
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    fleet = await startFleet({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    });
    await fleet.start('worker');
  });
  afterAll(async () => {
    await fleet.close();
    upstream.closeAllConnections();
    upstream.close();
    await once(upstream, 'close');
    await collector.close();
  });

  const spansOf = (traceId: string): CollectedSpan[] => collector.spans.filter((span) => span.traceId === traceId);

  it('makes one trace of a request, its queue, both attempts and their calls of the upstream, over processes', async () => {
    const tenant = await fleet.tenant('traced');
    const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/secret-path`;
    const job = { task: 'notifications.webhook', data: { url, payload: {} } };
    const answer = await tenant.call('POST', '/api/v1/jobs', job, { traceparent: `00-${TRACE}-${CALLER}-01` });
    expect(answer.status).toBe(202);
    await until('both attempts have told', () => spansOf(TRACE).filter(({ kind }) => kind === 'consumer').length === 2);

    const spans = spansOf(TRACE);
    const one = (kind: CollectedSpan['kind']): CollectedSpan | undefined => spans.find((span) => span.kind === kind);
    const server = one('server');
    const sent = one('producer');
    const attempts = spans.filter(({ kind }) => kind === 'consumer');
    const calls = spans.filter(({ kind }) => kind === 'client');
    expect(server).toMatchObject({ parentId: CALLER, name: 'POST /api/v1/jobs', service: 'sluice-producer' });
    expect(server?.attributes).toMatchObject({ 'http.response.status_code': 202, 'sluice.tenant': 'traced' });
    expect(sent).toMatchObject({ parentId: server?.spanId, name: 'send notifications' });
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({
        parentId: sent?.spanId,
        name: 'process notifications',
        service: 'sluice-worker',
      });
      expect(attempt.attributes).toMatchObject({
        'messaging.system': 'bullmq',
        'messaging.destination.name': 'notifications',
        'sluice.tenant': 'traced',
        'sluice.task': 'notifications.webhook',
      });
    }
    expect(attempts.map(({ attributes }) => attributes['sluice.outcome']).sort()).toEqual(['completed', 'retry']);
    expect(calls.map(({ parentId }) => parentId).sort()).toEqual(attempts.map(({ spanId }) => spanId).sort());
    expect(heard.sort()).toEqual(calls.map(({ spanId }) => `00-${TRACE}-${spanId}-01`).sort());
    for (const { name, attributes } of spans) expect(name + JSON.stringify(attributes)).not.toContain('secret-path');
    for (const { name } of spans) expect(name).not.toContain('traced');
  });

  it('goes on with the trace of a plain BullMQ client that has bullmq-otel', async () => {
    const { keys, redis, environment } = fleet.space;
    await registerLanes(redis.client, keys, [{ tenantId: 'plain', name: 'plain.default', jobs: 0 }]);
    const queue = new Queue('plain.default', {
      connection: { url: environment.REDIS_URL ?? '' },
      prefix: keys.queuePrefix('plain'),
    });
    const metadata = toTraceMetadata(`00-${PLAIN_TRACE}-${CALLER}-01`);
    await queue.add('system.probe', {}, { priority: 5, telemetry: { metadata } });
    await queue.close();
    const attempt = await until('the attempt has told', () =>
      spansOf(PLAIN_TRACE).find(({ kind }) => kind === 'consumer'),
    );
    expect(attempt).toMatchObject({ parentId: CALLER, name: 'process default' });
  });

  it('sends what is left when a process ends', async () => {
    const leaving = await fleet.start('producer', {
      OTEL_BSP_SCHEDULE_DELAY: '600000',
      OTEL_SERVICE_NAME: 'last-words',
    });
    expect((await fetch(`${leaving.url}/api/v1/tasks`)).status).toBe(401);
    expect(collector.spans.some(({ service }) => service === 'last-words')).toBe(false);
    await leaving.stop();
    expect(collector.spans.some(({ service }) => service === 'last-words')).toBe(true);
  });

  it('costs a process nothing but its traces when the collector is away, and does not hold up its end', async () => {
    const lonely = await fleet.start('producer', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    expect((await fetch(`${lonely.url}/api/v1/tasks`)).status).toBe(401);
    expect(await lonely.stop()).toBe(0);
  });

  it('does not start with a protocol that is not spoken, and says so', async () => {
    const refused = fleet.start('producer', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    await expect(refused).rejects.toThrow('only http/protobuf is spoken here');
  });
});
