import { setting } from '@sluice/shared/config/setting';
import { optionalText, optionalUrlOf, yesOrNo } from '@sluice/shared/config/values';
import { z } from 'zod';

/** The environment of OpenTelemetry's SDK, as far as it is known by name here. */
export const tracingSettings = {
  isDisabled: setting('OTEL_SDK_DISABLED', yesOrNo(false), '`true` turns tracing off, whatever else is set', {
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
    'Collector that takes OTLP over HTTP, such as `http://localhost:4318`; `/v1/traces` is added',
  ),
  tracesEndpoint: setting(
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    optionalUrlOf('http', 'https'),
    'The same for traces alone, used as it is',
  ),
  protocol: setting(
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    optionalText(),
    'Must be `http/protobuf`, which is what is spoken, or unset',
  ),
  headers: setting(
    'OTEL_EXPORTER_OTLP_HEADERS',
    optionalText(),
    'Headers for the collector, `name=value,name=value`, such as its credential',
    { secret: true },
  ),
  serviceName: setting(
    'OTEL_SERVICE_NAME',
    optionalText(),
    "The process's name in traces; `sluice-` and the name of the process when unset",
  ),
  resourceAttributes: setting(
    'OTEL_RESOURCE_ATTRIBUTES',
    resourceAttributes(),
    'More about the process, `deployment.environment.name=prod,service.version=1.2`',
  ),
  sampler: setting(
    'OTEL_TRACES_SAMPLER',
    optionalText(),
    'Which traces are kept, as OpenTelemetry names it; `parentbased_always_on` when unset',
  ),
  samplerArgument: setting(
    'OTEL_TRACES_SAMPLER_ARG',
    optionalText(),
    'For `parentbased_traceidratio`: the share of traces to keep, 0 to 1',
  ),
};

/** `name=value` pairs joined by commas, values percent-encoded as in W3C Baggage; none when unset. */
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
