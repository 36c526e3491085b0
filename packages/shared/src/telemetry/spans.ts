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

/** How a span begins. */
export interface SpanStart {
  readonly kind: keyof typeof KINDS;
  /** A W3C trace context, null for a trace of its own, or `active`: whatever span the caller runs in. */
  readonly parent: string | null;
  readonly attributes?: Attributes;
  /** In place of the process's own. */
  readonly tracer?: Tracer | undefined;
}

/** A span that was begun and must be ended. */
export interface OpenSpan {
  /** Its own trace context, for whoever works on elsewhere. */
  readonly traceparent: string;
  /** Runs work within the span: spans that begin there with the parent `active` are its children. */
  run<Result>(work: () => Result): Result;
  set(attributes: Attributes): void;
  /** @param type of few values, such as an error's code or a status */
  fail(type: string): void;
  end(): void;
}

/** The process's tracer; null while nothing is traced. One per process, as OpenTelemetry's own. */
let tracer: Tracer | null = null;

/** Sets the tracer of the process; null ends tracing. */
export function traceWith(next: Tracer | null): void {
  tracer = next;
}

/**
 * Begins a span; null while nothing is traced, which costs one comparison.
 * @param name of few values: no tenant, no id
 */
export function startSpan(name: string, { kind, parent, attributes, tracer: by }: SpanStart): OpenSpan | null {
  const begun = by ?? tracer;
  if (begun === null) return null;
  const from = parent === 'active' ? context.active() : contextOf(parent);
  const span = begun.startSpan(name, { kind: KINDS[kind], ...(attributes === undefined ? {} : { attributes }) }, from);
  const within = trace.setSpan(from, span);
  // A tracer of a service's own may be one that traces nothing.
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

/** The trace context that the caller runs in, whoever began it; null for none. */
export function activeTraceparent(): string | null {
  const within = trace.getSpanContext(context.active());
  return within === undefined || !isSpanContextValid(within) ? null : toTraceparent(within);
}

function toTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** Runs work in a span of its own below the active one; an error fails the span by its `code` or name. */
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

/** What an error is called in a span: its `code`, else its name; messages may hold what is nobody's business. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** @param traceparent in the form that `readTraceparent` lets through */
function contextOf(traceparent: string | null): Context {
  if (traceparent === null) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = '00'] = traceparent.split('-');
  const remote = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, remote);
}
