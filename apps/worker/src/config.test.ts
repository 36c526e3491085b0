import { describe, expect, it } from 'vitest';
import { loadWorkerConfig } from './config.js';

const needed = { REDIS_URL: 'redis://localhost', DATABASE_URL: 'postgres://localhost/x' };
const blockedMsWith = (more: Record<string, string>) => loadWorkerConfig({ ...needed, ...more }).worker.blockedMs;

describe('loadWorkerConfig', () => {
  it('lets the event loop stand still for less than a slot is leased', () => {
    expect(blockedMsWith({})).toBe(8_000);
    expect(blockedMsWith({ SLOT_LEASE_MS: '2000' })).toBe(1_600);
    expect(blockedMsWith({ WORKER_BLOCKED_MS: '9999' })).toBe(9_999);
    expect(() => blockedMsWith({ WORKER_BLOCKED_MS: '10000' })).toThrow(
      'WORKER_BLOCKED_MS is 10000, which must be below SLOT_LEASE_MS (10000)',
    );
    expect(() => blockedMsWith({ WORKER_BLOCKED_MS: 'long' })).toThrow('WORKER_BLOCKED_MS is "long"');
  });
});
