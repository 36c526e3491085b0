-- Announces a live worker process, its capacity and its tasks, and returns all live ones. Removes expired workers.
-- KEYS[1] workers     ZSET worker -> expiry of its heartbeat (unix ms, server clock)
-- KEYS[2] capacities  HASH worker -> its maximum concurrent jobs
-- KEYS[3] versions    HASH bucket -> its version when it last changed
-- KEYS[4] known       HASH worker -> digest of its task list
-- KEYS[5] lists       HASH digest -> task list (JSON)
-- ARGV[1] worker  ARGV[2] duration of the heartbeat (ms); 0 deregisters  ARGV[3] capacity (jobs)
-- ARGV[4] digest  ARGV[5] list
-- Returns {{bucket, version, ...}, {worker, ...}, {worker, capacity, ...}, now (unix ms, server clock),
--   {worker, digest, ...}, {digest, list, ...}}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Once a script has written, a full Redis allows its further writes: a heartbeat does not increase memory use.
redis.call('HDEL', KEYS[2], '')
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)
if tonumber(ARGV[2]) > 0 then
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
  redis.call('HSET', KEYS[4], ARGV[1], ARGV[4])
  redis.call('HSETNX', KEYS[5], ARGV[4], ARGV[5])
else
  gone[#gone + 1] = ARGV[1]
end
local dropped = false
for _, worker in ipairs(gone) do
  if worker ~= ARGV[1] or tonumber(ARGV[2]) == 0 then
    redis.call('ZREM', KEYS[1], worker)
    redis.call('HDEL', KEYS[2], worker)
    dropped = redis.call('HDEL', KEYS[4], worker) == 1 or dropped
  end
end
if dropped then
  local used = {}
  for _, digest in ipairs(redis.call('HVALS', KEYS[4])) do used[digest] = true end
  for _, digest in ipairs(redis.call('HKEYS', KEYS[5])) do
    if not used[digest] then redis.call('HDEL', KEYS[5], digest) end
  end
end
return {
  redis.call('HGETALL', KEYS[3]), redis.call('ZRANGE', KEYS[1], 0, -1), redis.call('HGETALL', KEYS[2]), now,
  redis.call('HGETALL', KEYS[4]), redis.call('HGETALL', KEYS[5])
}
