import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { describe, expect, it } from 'vitest';
import { loadScalerConfig, scalingSettingsOf } from './config.js';

const servers = { REDIS_URL: 'redis://127.0.0.1', DATABASE_URL: 'postgres://127.0.0.1/sluice' };

describe('loadScalerConfig', () => {
  it('has the bounds of the requirement unless told otherwise', () => {
    const config = loadScalerConfig(servers);
    expect(config.scaler.intervalMs).toBe(30_000);
    expect(scalingSettingsOf(config)).toEqual({
      policy: { kind: 'queue-length', minSlots: 1, maxSlots: 5, jobsPerSlot: 10, slotConcurrency: 1 },
      stabilisationMs: 60_000,
    });
  });

  it('takes another policy, with its target and what a slot runs at a time', () => {
    const config = loadScalerConfig({ ...servers, SCALER_POLICY: 'wait-target', SLOT_CONCURRENCY: '8' });
    expect(scalingSettingsOf(config).policy).toMatchObject({
      kind: 'wait-target',
      slotConcurrency: 8,
      drainTargetSeconds: 60,
    });
    const load = (): unknown => loadScalerConfig({ ...servers, SCALER_POLICY: 'guess' });
    expect(load).toThrow(/SCALER_POLICY.*must be queue-length or wait-target/s);
  });

  it('refuses bounds that contradict each other, and says what to do', () => {
    const load = (): unknown => loadScalerConfig({ ...servers, SCALER_MIN_SLOTS: '6', SCALER_MAX_SLOTS: '3' });
    expect(load).toThrow(ConfigurationError);
    expect(load).toThrow(/at least 6 and at most 3 slots\. Lower the first or raise the second/);
  });
});
