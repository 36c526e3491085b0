-- Write a tenant's weight, unless it is that already.
-- KEYS[1] weights  HASH tenant -> its share of a process's turns; a tenant of weight 1 has no field
-- KEYS[2] version  changes when the bucket's lanes, desired slots or weights do: unix us, server clock
-- ARGV[1] tenant  ARGV[2] weight
-- Returns the new version, or '' when it was that already.
local before = redis.call('HGET', KEYS[1], ARGV[1]) or '1'
if before == ARGV[2] then return '' end
if ARGV[2] == '1' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
local time = redis.call('TIME')
redis.call('SET', KEYS[2], time[1] .. string.format('%06d', time[2]))
return redis.call('GET', KEYS[2])
