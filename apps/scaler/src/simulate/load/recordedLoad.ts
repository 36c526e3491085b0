import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import type { SimulatedJob } from '../tenantQueue.js';

const HEADER = 'time_ms,tenant,service_ms';

/**
 * Parses recorded load: CSV with the header `time_ms,tenant,service_ms`, or one JSON object with these names per line.
 * Times are in ms from any origin, in any order; the earliest becomes 0.
 * @returns jobs of each tenant, by arrival
 * @throws ConfigurationError that names the invalid line
 */
export function readRecordedLoad(text: string, file: string): ReadonlyMap<string, readonly SimulatedJob[]> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const isCsv = !lines[0]?.trimStart().startsWith('{');
  if (isCsv && lines[0]?.trim() !== HEADER) {
    throw new ConfigurationError(`${file} must begin with the line ${HEADER}, or hold one JSON object per line.`);
  }
  const jobs = lines.flatMap((line, index) => {
    if (line.trim() === '' || (isCsv && index === 0)) return [];
    const job = isCsv ? ofCsv(line) : ofJson(line);
    if (job !== null) return [job];
    throw new ConfigurationError(
      `${file}, line ${index + 1}: time_ms and service_ms must be numbers, the second not below 0, and tenant a name.`,
    );
  });
  if (jobs.length === 0) throw new ConfigurationError(`${file} holds no jobs.`);
  return byTenant(jobs);
}

interface RecordedJob {
  readonly timeMs: number;
  readonly tenant: string;
  readonly serviceMs: number;
}

function ofCsv(line: string): RecordedJob | null {
  const [timeMs, tenant, serviceMs, ...more] = line.split(',').map((cell) => cell.trim());
  if (more.length > 0 || timeMs === '' || serviceMs === '') return null;
  return checked(Number(timeMs), tenant, Number(serviceMs));
}

function ofJson(line: string): RecordedJob | null {
  try {
    const { time_ms: timeMs, tenant, service_ms: serviceMs } = JSON.parse(line) as Record<string, unknown>;
    return checked(timeMs, tenant, serviceMs);
  } catch {
    return null;
  }
}

function checked(timeMs: unknown, tenant: unknown, serviceMs: unknown): RecordedJob | null {
  if (typeof timeMs !== 'number' || typeof serviceMs !== 'number') return null;
  if (!Number.isFinite(timeMs) || !Number.isFinite(serviceMs) || serviceMs < 0) return null;
  return typeof tenant === 'string' && tenant !== '' ? { timeMs, tenant, serviceMs } : null;
}

function byTenant(recorded: readonly RecordedJob[]): ReadonlyMap<string, readonly SimulatedJob[]> {
  const sorted = recorded.toSorted((a, b) => a.timeMs - b.timeMs);
  const firstMs = sorted[0]?.timeMs ?? 0;
  const tenants = new Map<string, SimulatedJob[]>();
  for (const { timeMs, tenant, serviceMs } of sorted) {
    const jobs = tenants.get(tenant) ?? [];
    jobs.push({ arrivedAtMs: timeMs - firstMs, serviceMs });
    tenants.set(tenant, jobs);
  }
  return tenants;
}
