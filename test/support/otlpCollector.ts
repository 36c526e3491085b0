import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProtobufField } from './protobufFields.js';
import { readFields } from './protobufFields.js';

/** A span as the collector received it. */
export interface CollectedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the root span. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly failed: boolean;
}

/** A collector that receives OTLP over HTTP and stores the spans. */
export interface OtlpCollector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  close(): Promise<void>;
}

const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

/** Starts a collector; it accepts `POST /v1/traces` as opentelemetry-proto's `ExportTraceServiceRequest`. */
export async function startOtlpCollector(): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url === '/v1/traces') spans.push(...readExport(Buffer.concat(chunks)));
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function readExport(message: Buffer): CollectedSpan[] {
  return all(readFields(message), 1).flatMap((resourceSpans) => {
    const fields = readFields(resourceSpans);
    const resource = readAttributes(all(fields, 1).flatMap((bytes) => all(readFields(bytes), 1)));
    const service = String(resource['service.name']);
    return all(fields, 2).flatMap((scope) => all(readFields(scope), 2).map((span) => readSpan(span, service)));
  });
}

function readSpan(message: Buffer, service: string): CollectedSpan {
  const fields = readFields(message);
  const hex = (number: number): string => all(fields, number)[0]?.toString('hex') ?? '';
  const status = all(fields, 15).flatMap(readFields);
  return {
    service,
    traceId: hex(1),
    spanId: hex(2),
    parentId: hex(4),
    name: all(fields, 5)[0]?.toString() ?? '',
    kind: KINDS[Number(fields.find(({ number }) => number === 6)?.value ?? 0n)] ?? 'internal',
    attributes: readAttributes(all(fields, 9)),
    failed: status.some(({ number, value }) => number === 3 && value === 2n),
  };
}

function readAttributes(pairs: readonly Buffer[]): Record<string, string | number> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const fields = readFields(pair);
      const value = readFields(all(fields, 2)[0] ?? Buffer.alloc(0))[0];
      const isText = value?.number === 1;
      return [all(fields, 1)[0]?.toString() ?? '', isText ? value.bytes.toString() : Number(value?.value ?? 0n)];
    }),
  );
}

function all(fields: readonly ProtobufField[], number: number): Buffer[] {
  return fields.filter((field) => field.number === number).map(({ bytes }) => bytes);
}
