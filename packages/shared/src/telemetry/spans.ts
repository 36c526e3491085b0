import type { Attributes, Context, SpanContext, Tracer } from '@opentelemetry/api';
import {
  context,
  INVALID_TRACEID,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

const KINDS = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const;

/** Options of a new span. */
export interface SpanStart {
  readonly kind: keyof typeof KINDS;
  /** A W3C trace context, null for a new trace, or `active`: the span that the caller runs in. */
  readonly parent: string | null;
  readonly attributes?: Attributes;
  /** Overrides the process's own tracer. */
  readonly tracer?: Tracer | undefined;
}

/** A started span, which must be ended. */
export interface OpenSpan {
  /** Its own trace context, to continue the trace elsewhere. */
  readonly traceparent: string;
  /** Runs work within the span: spans started there with the parent `active` are its children. */
  run<Result>(work: () => Result): Result;
  set(attributes: Attributes): void;
  /** @param type of low cardinality, such as an error's code or a status */
  fail(type: string): void;
  end(): void;
}

/** The process's tracer; null while tracing is off. One per process, as OpenTelemetry's own. */
let tracer: Tracer | null = null;

/** Sets the process's tracer; null turns tracing off. */
export function traceWith(next: Tracer | null): void {
  tracer = next;
}

/**
 * Starts a span; returns null while tracing is off, which costs one comparison.
 * @param name of low cardinality: no tenant, no id
 */
export function startSpan(name: string, { kind, parent, attributes, tracer: by }: SpanStart): OpenSpan | null {
  const begun = by ?? tracer;
  if (begun === null) return null;
  const from = parent === 'active' ? context.active() : contextOf(parent);
  const span = begun.startSpan(name, { kind: KINDS[kind], ...(attributes === undefined ? {} : { attributes }) }, from);
  const within = trace.setSpan(from, span);
  // A service's own tracer may be a no-op.
  if (span.spanContext().traceId === INVALID_TRACEID) return null;
  return {
    traceparent: toTraceparent(span.spanContext()),
    run: (work) => context.with(within, work),
    set: (more) => span.setAttributes(more),
    fail(type) {
      span.setAttribute('error.type', type);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    end: () => span.end(),
  };
}

/** The trace context that the caller runs in, whatever started it; null for none. */
export function activeTraceparent(): string | null {
  const within = trace.getSpanContext(context.active());
  return within === undefined || !isSpanContextValid(within) ? null : toTraceparent(within);
}

function toTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** Runs work in its own span, a child of the active one; an error fails the span with its `code` or name. */
export function inSpan<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const span = startSpan(name, { kind: 'internal', parent: 'active' });
  return span === null ? work() : runIn(span, work);
}

async function runIn<Result>(span: OpenSpan, work: () => Promise<Result>): Promise<Result> {
  try {
    return await span.run(work);
  } catch (error) {
    span.fail(errorType(error));
    throw error;
  } finally {
    span.end();
  }
}

/** An error's type in a span: its `code`, else its name; its message may contain confidential data. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** @param traceparent in a form that `readTraceparent` accepts */
function contextOf(traceparent: string | null): Context {
  if (traceparent === null) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = '00'] = traceparent.split('-');
  const remote = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, remote);
}
