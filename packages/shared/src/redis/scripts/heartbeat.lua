-- A worker process says that it lives, and learns who else does. Drops those whose heartbeat has ended.
-- KEYS[1] workers  ZSET worker -> end of its heartbeat (unix ms, server clock)
-- KEYS[2] version  counter that grows when lanes or desired slots change
-- ARGV[1] worker   ARGV[2] how long a heartbeat lasts (ms); 0 says goodbye
-- Returns {version, {live workers}}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if tonumber(ARGV[2]) > 0 then
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
else
  redis.call('ZREM', KEYS[1], ARGV[1])
end
return { redis.call('GET', KEYS[2]) or '0', redis.call('ZRANGE', KEYS[1], 0, -1) }
