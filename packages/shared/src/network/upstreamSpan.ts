import { FleetError } from '../errors/fleetError.js';
import type { OpenSpan } from '../telemetry/spans.js';
import { errorType, startSpan } from '../telemetry/spans.js';

/**
 * Runs a request to an upstream in its own span, a child of the caller's. The URL's path and query are omitted: a
 * webhook's are often its secret.
 * @param send receives the headers that propagate the trace; none while tracing is off
 */
export async function inUpstreamSpan<Answer>(
  method: string,
  url: URL,
  send: (trace: { readonly traceparent?: string }) => Promise<Answer & { readonly statusCode: number }>,
): Promise<Answer & { readonly statusCode: number }> {
  const span = startSpan(method, {
    kind: 'client',
    parent: 'active',
    attributes: { 'http.request.method': method, 'server.address': url.hostname, 'server.port': portOf(url) },
  });
  if (span === null) return send({});
  try {
    const answer = await span.run(() => send({ traceparent: span.traceparent }));
    noteStatus(span, answer.statusCode);
    return answer;
  } catch (error) {
    span.fail(error instanceof FleetError ? error.code : errorType(error));
    throw error;
  } finally {
    span.end();
  }
}

function noteStatus(span: OpenSpan, status: number): void {
  span.set({ 'http.response.status_code': status });
  if (status >= 400) span.fail(String(status));
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
