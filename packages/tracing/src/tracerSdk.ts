import type { Attributes, Tracer } from '@opentelemetry/api';
import { DiagLogLevel, diag, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { NodeTracerConfig, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import type { Log } from '@sluice/shared/lifecycle/service';

/** A running OpenTelemetry SDK. */
export interface TracerSdk {
  readonly tracer: Tracer;
  /** Exports the remaining spans, until the deadline at the latest. */
  stop(deadline: AbortSignal): Promise<void>;
}

type Resource = NonNullable<NodeTracerConfig['resource']>;

/** Time limit of the final export, in ms; an unavailable collector must not delay a process's exit. */
const FLUSH_MS = 5_000;

/**
 * Starts the SDK and registers it globally, so that spans of handlers and libraries join the traces. The SDK reads the
 * sampler, the limits, the batching, and the endpoint with its headers from the environment.
 */
export function startTracerSdk(exporter: 'otlp' | 'console', attributes: Attributes, log: Log): TracerSdk {
  diag.setLogger(toDiagLogger(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const provider = new NodeTracerProvider({ resource: new PlainResource(attributes), spanProcessors: [to(exporter)] });
  provider.register();
  return {
    tracer: provider.getTracer('sluice'),
    async stop(deadline) {
      const late = AbortSignal.any([deadline, AbortSignal.timeout(FLUSH_MS)]);
      try {
        await Promise.race([provider.shutdown(), aborted(late)]);
      } catch (err) {
        log.warn(
          { component: 'tracing', event: 'spans_not_sent', err },
          'failed to send the last spans: they are lost',
        );
      }
      trace.disable();
      diag.disable();
    },
  };
}

function to(exporter: 'otlp' | 'console'): SpanProcessor {
  return exporter === 'otlp'
    ? new BatchSpanProcessor(new OTLPTraceExporter())
    : new SimpleSpanProcessor(new ConsoleSpanExporter());
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The process's resource, without detectors: its attributes are known before it starts. */
class PlainResource implements Resource {
  readonly attributes: Attributes;

  constructor(attributes: Attributes) {
    this.attributes = attributes;
  }

  merge(other: Resource | null): Resource {
    return new PlainResource({ ...this.attributes, ...other?.attributes });
  }

  getRawAttributes(): ReturnType<Resource['getRawAttributes']> {
    return Object.entries(this.attributes);
  }
}

function toDiagLogger(log: Log) {
  const warn = (message: string): void =>
    log.warn(
      { component: 'tracing', event: 'opentelemetry_error', said: message.slice(0, 500) },
      'OpenTelemetry reported an error',
    );
  const silent = (): void => undefined;
  return { error: warn, warn, info: silent, debug: silent, verbose: silent };
}
