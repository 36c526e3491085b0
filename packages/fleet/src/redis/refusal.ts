/**
 * Why a reachable Redis refuses a command: `memory` it is full; `disk` it cannot save and so rejects writes;
 * `read-only` it is a replica; `loading` it is loading its data; `no-replicas` too few replicas keep up; `cluster-down`
 * the owner of a slot is unknown or failing over; `busy` a script runs for too long; `forbidden` the user lacks
 * permission.
 */
export type RedisRefusal =
  | 'memory'
  | 'disk'
  | 'read-only'
  | 'loading'
  | 'no-replicas'
  | 'cluster-down'
  | 'busy'
  | 'forbidden';

/**
 * Redis's own error codes, the first word of its reply. https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
const REFUSAL_OF: Readonly<Record<string, RedisRefusal>> = {
  OOM: 'memory',
  MISCONF: 'disk',
  READONLY: 'read-only',
  LOADING: 'loading',
  MASTERDOWN: 'loading',
  NOREPLICAS: 'no-replicas',
  CLUSTERDOWN: 'cluster-down',
  TRYAGAIN: 'cluster-down',
  BUSY: 'busy',
  NOPERM: 'forbidden',
  NOAUTH: 'forbidden',
  WRONGPASS: 'forbidden',
};

const CODES = Object.keys(REFUSAL_OF).join('|');

/**
 * Matches a code at the start, after EXECABORT (that of the failed command), or within a script error (before Redis 7).
 */
const FIRST_WORD = new RegExp(
  `^(?:EXECABORT Transaction discarded because of: |ERR Error running script .*?-)?(${CODES})\\b`,
);

/** Advice for operators on each refusal. */
export const ADVICE_ON: Readonly<Record<RedisRefusal, string>> = {
  memory: 'Redis is full: raise its maxmemory, or let the jobs that wait be done.',
  disk: 'Redis cannot write to its disk: make room there, or mend the disk.',
  'read-only': 'This Redis is a replica: point REDIS_URL at the master, or use REDIS_SENTINELS.',
  loading: 'Redis is reading its data back; this ends by itself.',
  'no-replicas': 'Too few replicas keep up with Redis (min-replicas-to-write): bring them back.',
  'cluster-down': 'A part of the Redis Cluster has no master; this ends when one is promoted.',
  busy: 'A script holds Redis up: see SCRIPT KILL.',
  forbidden: 'The Redis user may not do this: see deploy/redis/users.acl.',
};

/**
 * Why Redis refused, from the error code of its reply; null when it did not refuse: the server is unavailable or the
 * command itself is wrong. A refused command was not executed, whereas one without a reply may have been.
 */
export function refusalOf(error: unknown): RedisRefusal | null {
  const pending: unknown[] = [error];
  // Causes may form a cycle, so the search is bounded.
  for (let looked = 0; pending.length > 0 && looked < 16; looked++) {
    const at = pending.shift();
    if (!(at instanceof Error)) continue;
    const code = FIRST_WORD.exec(at.message)?.[1];
    if (code !== undefined) return REFUSAL_OF[code] ?? null;
    pending.push(at.cause, ...previousErrorsOf(at));
  }
  return null;
}

/** ioredis attaches the errors that aborted a transaction to the one it throws. */
function previousErrorsOf(error: Error): readonly unknown[] {
  const previous: unknown = 'previousErrors' in error ? error.previousErrors : undefined;
  return Array.isArray(previous) ? previous : [];
}
