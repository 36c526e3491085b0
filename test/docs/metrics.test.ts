import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { describe, expect, it } from 'vitest';
import { textOf } from './repository.js';

describe('what docs/deploying.md says to watch', () => {
  it('is every metric of the fleet, and only those that there are', () => {
    const { registry } = createMetrics('test');
    const ours = registry.getMetricsAsArray().map(({ name }) => name);
    const named = [...textOf('docs/deploying.md').matchAll(/`((?:sluice|ga4)_(?!run_report)\w+)`/g)].map(
      ([, name]) => name ?? '',
    );
    expect([...new Set(named)].sort()).toEqual(ours.filter((name) => /^(sluice|ga4)_/.test(name)).sort());
  });
});
