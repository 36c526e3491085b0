/**
 * Why a Redis that answers does not do as asked:
 * `memory` it is full; `disk` it cannot save, and so takes no writes; `read-only` it is a replica; `loading` it reads its
 * data back; `no-replicas` too few replicas keep up; `cluster-down` the owner of a slot is not known or failing over;
 * `busy` a script runs for too long; `forbidden` this user may not.
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

/** Redis's own error codes, the first word of its reply. https://redis.io/docs/latest/develop/reference/protocol-spec/ */
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

/** A code at the start; behind EXECABORT that of the command which spoiled the transaction; before Redis 7 a script's. */
const FIRST_WORD = new RegExp(
  `^(?:EXECABORT Transaction discarded because of: |ERR Error running script .*?-)?(${CODES})\\b`,
);

/** What a person is to do about each refusal. */
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
 * Why Redis refused, by the code that its reply begins with; null when it did not refuse: the server is away, or the
 * command itself is wrong. A refused command was not carried out, where one that got no answer may have been.
 */
export function refusalOf(error: unknown): RedisRefusal | null {
  const pending: unknown[] = [error];
  // Errors name each other as causes; a circle must end.
  for (let looked = 0; pending.length > 0 && looked < 16; looked++) {
    const at = pending.shift();
    if (!(at instanceof Error)) continue;
    const code = FIRST_WORD.exec(at.message)?.[1];
    if (code !== undefined) return REFUSAL_OF[code] ?? null;
    pending.push(at.cause, ...previousErrorsOf(at));
  }
  return null;
}

/** ioredis hangs the errors that spoiled a transaction on the one it throws. */
function previousErrorsOf(error: Error): readonly unknown[] {
  const previous: unknown = 'previousErrors' in error ? error.previousErrors : undefined;
  return Array.isArray(previous) ? previous : [];
}
