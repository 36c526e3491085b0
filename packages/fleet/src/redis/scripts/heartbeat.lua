-- A worker process says that it lives and how much it can run, and learns who else does. Drops those whose heartbeat ended.
-- KEYS[1] workers     ZSET worker -> end of its heartbeat (unix ms, server clock)
-- KEYS[2] capacities  HASH worker -> jobs that it runs at a time
-- KEYS[3] versions    HASH bucket -> its version when it last changed
-- ARGV[1] worker  ARGV[2] how long a heartbeat lasts (ms); 0 says goodbye  ARGV[3] capacity (jobs)
-- Returns {{bucket, version, ...}, {worker, ...}, {worker, capacity, ...}, now (unix ms, server clock)}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- A script that has written may write on when Redis is full: a heartbeat makes nothing grow.
redis.call('HDEL', KEYS[2], '')
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)
if tonumber(ARGV[2]) > 0 then
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
else
  gone[#gone + 1] = ARGV[1]
end
for _, worker in ipairs(gone) do
  if worker ~= ARGV[1] or tonumber(ARGV[2]) == 0 then
    redis.call('ZREM', KEYS[1], worker)
    redis.call('HDEL', KEYS[2], worker)
  end
end
return { redis.call('HGETALL', KEYS[3]), redis.call('ZRANGE', KEYS[1], 0, -1), redis.call('HGETALL', KEYS[2]), now }
