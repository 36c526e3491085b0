import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { describe, expect, it } from 'vitest';
import { loadScalerConfig } from './config.js';

const servers = { REDIS_URL: 'redis://127.0.0.1', DATABASE_URL: 'postgres://127.0.0.1/sluice' };

describe('loadScalerConfig', () => {
  it('has the bounds of the requirement unless told otherwise', () => {
    expect(loadScalerConfig(servers).scaler).toEqual({ intervalMs: 30_000, minSlots: 1, maxSlots: 5, jobsPerSlot: 10 });
  });

  it('refuses bounds that contradict each other, and says what to do', () => {
    const load = (): unknown => loadScalerConfig({ ...servers, SCALER_MIN_SLOTS: '6', SCALER_MAX_SLOTS: '3' });
    expect(load).toThrow(ConfigurationError);
    expect(load).toThrow(/at least 6 and at most 3 slots\. Lower the first or raise the second/);
  });
});
