import { setting } from '@sluice/shared/config/setting';
import { optionalText, optionalUrlOf, yesOrNo } from '@sluice/shared/config/values';
import { z } from 'zod';

/** The environment variables of OpenTelemetry's SDK that Sluice reads. */
export const tracingSettings = {
  isDisabled: setting('OTEL_SDK_DISABLED', yesOrNo(false), '`true` turns tracing off, regardless of other settings', {
    default: 'false',
  }),
  exporter: setting(
    'OTEL_TRACES_EXPORTER',
    z.enum(['otlp', 'console', 'none'], { error: 'must be otlp, console or none' }).optional(),
    'Where traces go: `otlp`, `console` (standard output) or `none`; when unset, `otlp` if an endpoint is set, else `none`',
  ),
  endpoint: setting(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    optionalUrlOf('http', 'https'),
    'Collector for OTLP over HTTP, such as `http://localhost:4318`; `/v1/traces` is appended',
  ),
  tracesEndpoint: setting(
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    optionalUrlOf('http', 'https'),
    'Collector for traces alone; the URL is used as is',
  ),
  protocol: setting(
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    optionalText(),
    '`http/protobuf`, the only supported protocol, or unset',
  ),
  headers: setting(
    'OTEL_EXPORTER_OTLP_HEADERS',
    optionalText(),
    'Headers sent to the collector, `name=value,name=value`, such as a credential',
    { secret: true },
  ),
  serviceName: setting(
    'OTEL_SERVICE_NAME',
    optionalText(),
    'Service name in traces; `sluice-` followed by the name of the process when unset',
  ),
  resourceAttributes: setting(
    'OTEL_RESOURCE_ATTRIBUTES',
    resourceAttributes(),
    'Resource attributes, such as `deployment.environment.name=prod,service.version=1.2`',
  ),
  sampler: setting(
    'OTEL_TRACES_SAMPLER',
    optionalText(),
    'Sampler, by its name in OpenTelemetry; `parentbased_always_on` when unset',
  ),
  samplerArgument: setting(
    'OTEL_TRACES_SAMPLER_ARG',
    optionalText(),
    'For `parentbased_traceidratio`: the ratio of traces to keep, 0 to 1',
  ),
};

/** Comma-separated `name=value` pairs, values percent-encoded as in W3C Baggage; none when unset. */
function resourceAttributes(): z.ZodType<Readonly<Record<string, string>> | undefined> {
  return z
    .string()
    .transform((text, context) => {
      const pairs = text.split(',').map((pair) => /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair));
      try {
        return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? fail(), decodeURIComponent(pair?.[2] ?? '')]));
      } catch {
        context.addIssue({ code: 'custom', message: 'must be name=value pairs joined by commas' });
        return z.NEVER;
      }
    })
    .optional();
}

function fail(): never {
  throw new Error('not a pair');
}
