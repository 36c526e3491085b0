-- Removes lanes of one tenant, its slots and its weight from its bucket.
-- KEYS[1] registry  KEYS[2] desired  KEYS[3] weights  KEYS[4] service times  KEYS[5] arrivals  KEYS[6] version
-- KEYS[7] slots  HASH `tenant:number` -> lease
-- ARGV[1] tenant  ARGV[2..] lanes
-- Returns the new version.
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
for i = 2, #ARGV do
  redis.call('ZREM', KEYS[1], ARGV[i])
  redis.call('HDEL', KEYS[4], ARGV[i])
  redis.call('HDEL', KEYS[5], ARGV[i])
end
for _, slot in ipairs(redis.call('HKEYS', KEYS[7])) do
  if string.match(slot, '^[^:]*') == ARGV[1] then redis.call('HDEL', KEYS[7], slot) end
end
local time = redis.call('TIME')
redis.call('SET', KEYS[6], time[1] .. string.format('%06d', time[2]))
return redis.call('GET', KEYS[6])
