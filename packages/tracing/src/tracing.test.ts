import { listSettings, loadConfig } from '@sluice/shared/config/setting';
import { startSpan } from '@sluice/shared/telemetry/spans';
import { describe, expect, it } from 'vitest';
import { chosenExporter } from './tracing.js';
import { tracingSettings } from './tracingSettings.js';

const configOf = (environment: Record<string, string>) => loadConfig(tracingSettings, environment);

describe('chosenExporter', () => {
  it.each<[Record<string, string>, string | null]>([
    [{}, null],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' }, 'otlp'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/v1/traces' }, 'otlp'],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, 'otlp'],
    [{ OTEL_TRACES_EXPORTER: 'console' }, 'console'],
    [{ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' }, null],
    [{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_SDK_DISABLED: 'true' }, null],
    [{ OTEL_TRACES_EXPORTER: '', OTEL_EXPORTER_OTLP_ENDPOINT: '' }, null],
  ])('of %j is %s', (environment, exporter) => {
    expect(chosenExporter(configOf(environment))).toBe(exporter);
  });
});

describe('the settings of tracing', () => {
  it('read resource attributes as OpenTelemetry writes them', () => {
    const { resourceAttributes } = configOf({ OTEL_RESOURCE_ATTRIBUTES: 'a.b=c, d=e%2Cf,g=' });
    expect(resourceAttributes).toEqual({ 'a.b': 'c', d: 'e,f', g: '' });
  });

  it.each(['a', 'a=%zz', '=b', 'a=b,,'])('refuse the resource attributes %s', (text) => {
    expect(() => configOf({ OTEL_RESOURCE_ATTRIBUTES: text })).toThrow('OTEL_RESOURCE_ATTRIBUTES');
  });

  it('show no credential', () => {
    const secret = listSettings(tracingSettings).filter((one) => one.secret);
    expect(secret.map(({ env }) => env)).toEqual(['OTEL_EXPORTER_OTLP_HEADERS']);
  });
});

describe('startSpan', () => {
  it('begins nothing while nothing is traced', () => {
    expect(startSpan('work', { kind: 'internal', parent: 'active' })).toBeNull();
  });
});
