-- Records that an upstream asked a tenant to wait. A longer recorded wait is kept.
-- KEYS[1] ring  HASH as in takeQuota
-- ARGV[1] how long (ms)
-- Returns how long calls are blocked now (ms).
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = math.max(now + tonumber(ARGV[1]), tonumber(redis.call('HGET', KEYS[1], 'blocked') or '0'))
redis.call('HSET', KEYS[1], 'blocked', string.format('%.0f', ends))
if redis.call('PTTL', KEYS[1]) < ends - now then redis.call('PEXPIRE', KEYS[1], ends - now + 1000) end
return ends - now
