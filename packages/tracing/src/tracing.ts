import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { traceWith } from '@sluice/shared/telemetry/spans';
import type { TracerSdk } from './tracerSdk.js';

/** The trace exporter, as configured by `OTEL_*` variables; the SDK reads the other variables itself. */
export interface TracingConfig {
  readonly isDisabled: boolean;
  readonly exporter: 'otlp' | 'console' | 'none' | undefined;
  readonly endpoint: string | undefined;
  readonly tracesEndpoint: string | undefined;
  readonly protocol: string | undefined;
  readonly serviceName: string | undefined;
  readonly resourceAttributes: Readonly<Record<string, string>> | undefined;
}

/**
 * The exporter that a configuration selects; null for none. Configuring a collector is enough to turn tracing on. Pure.
 */
export function chosenExporter(config: TracingConfig): 'otlp' | 'console' | null {
  const { isDisabled, exporter, endpoint, tracesEndpoint } = config;
  if (isDisabled || exporter === 'none') return null;
  return exporter ?? (endpoint === undefined && tracesEndpoint === undefined ? null : 'otlp');
}

/**
 * The tracing of a process. The SDK is loaded only when it is configured. Put it first among the services: it then
 * stops last, and exports the remaining spans within the grace time.
 * @param processName the service's name is `sluice-<processName>` unless the environment sets it
 * @throws ConfigurationError when the protocol is not supported
 */
export function createTracing(processName: string, config: TracingConfig, log: Log): Service {
  const exporter = chosenExporter(config);
  let sdk: TracerSdk | null = null;
  return {
    name: 'tracing',
    async start() {
      if (exporter === null) return;
      assertProtocol(exporter, config);
      const { startTracerSdk } = await import('./tracerSdk.js');
      const attributes = {
        'service.name': config.serviceName ?? config.resourceAttributes?.['service.name'] ?? `sluice-${processName}`,
        'service.instance.id': String(process.pid),
      };
      sdk = startTracerSdk(exporter, { ...config.resourceAttributes, ...attributes }, log);
      traceWith(sdk.tracer);
    },
    async stop(deadline) {
      traceWith(null);
      const stopping = sdk;
      sdk = null;
      await stopping?.stop(deadline);
    },
  };
}

function assertProtocol(exporter: 'otlp' | 'console', { protocol }: TracingConfig): void {
  if (exporter === 'console' || protocol === undefined || protocol === 'http/protobuf') return;
  throw new ConfigurationError(`OTEL_EXPORTER_OTLP_PROTOCOL is "${protocol}": only http/protobuf is spoken here.`);
}
