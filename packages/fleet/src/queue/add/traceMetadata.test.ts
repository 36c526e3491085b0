import { isSpanContextValid, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { BullMQOtel } from 'bullmq-otel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromTraceMetadata, toTraceMetadata } from './traceMetadata.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('the trace context in the options of a job', () => {
  const provider = new NodeTracerProvider();
  beforeAll(() => provider.register());
  afterAll(async () => {
    trace.disable();
    propagation.disable();
    await provider.shutdown();
  });

  it('is read by a plain client with bullmq-otel', () => {
    const { contextManager } = new BullMQOtel({ tracerName: 'plain' });
    const found = trace.getSpanContext(contextManager.fromMetadata(ROOT_CONTEXT, toTraceMetadata(TRACEPARENT)));
    expect(found !== undefined && isSpanContextValid(found)).toBe(true);
    expect(found).toMatchObject({ traceId: TRACEPARENT.slice(3, 35), spanId: TRACEPARENT.slice(36, 52) });
  });

  it('is read from what a plain client with bullmq-otel wrote', () => {
    const { contextManager } = new BullMQOtel({ tracerName: 'plain' });
    const written = contextManager.fromMetadata(ROOT_CONTEXT, toTraceMetadata(TRACEPARENT));
    expect(fromTraceMetadata(contextManager.getMetadata(written))).toBe(TRACEPARENT);
  });

  it('is none when a plain client wrote something else', () => {
    for (const other of [undefined, 7, '', '{', 'null', '[]', '{"traceparent":7}', '{"traceparent":"00-0-0-0"}']) {
      expect(fromTraceMetadata(other)).toBeNull();
    }
    expect(fromTraceMetadata(JSON.stringify({ traceparent: TRACEPARENT, tracestate: 'a'.repeat(5_000) }))).toBeNull();
  });
});
