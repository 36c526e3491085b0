import { z } from 'zod';
import type { Circuit } from './circuit.js';
import { CLOSED_CIRCUIT } from './circuit.js';
import type { QuotaKeys } from './quotaKeys.js';
import type { RedisClient } from './redisClient.js';

/** Fields of a circuit's hash, in the order in which scripts return them. */
const FIELDS = ['failures', 'opened', 'probe', 'answered'] as const;

const number = z.coerce.number<string>().nullable();

/** The fields as Redis returns them. */
export const circuitFieldsSchema = z.tuple([z.string().nullable(), number, number, number]);

/**
 * Expiry of a circuit without calls, in ms: longer than a rest, so that an opened circuit is probed before it expires.
 */
export const CIRCUIT_KEPT_MS = 600_000;

/** Parses a circuit from the fields of its hash. */
export function toCircuit([failures, openedMs, probeAtMs, answered]: z.infer<typeof circuitFieldsSchema>): Circuit {
  if (openedMs === null || probeAtMs === null) {
    return failures === null ? CLOSED_CIRCUIT : { kind: 'closed', failuresMs: failures.split(' ').map(Number) };
  }
  return answered === null
    ? { kind: 'open', openedMs, probeAtMs }
    : { kind: 'half-open', openedMs, probeAtMs, answered };
}

/** Reads a tenant's circuit for an upstream. Read-only. */
export async function readCircuit(
  client: RedisClient,
  keys: QuotaKeys,
  { tenantId, upstream }: { readonly tenantId: string; readonly upstream: string },
): Promise<Circuit> {
  const key = keys.circuit(tenantId, upstream);
  return toCircuit(circuitFieldsSchema.parse(await client.hmget(key, ...FIELDS)));
}
