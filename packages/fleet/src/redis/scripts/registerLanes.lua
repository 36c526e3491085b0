-- Records that jobs were added to lanes of one bucket and adds unknown lanes to the registry.
-- KEYS[1] registry  ZSET lane -> time of its last add (unix ms, server clock)
-- KEYS[2] arrivals  HASH lane -> jobs added to it in total
-- KEYS[3] version   changes when the bucket's lanes, desired slots or weights do: unix us, server clock
-- ARGV    pairs of lane, jobs added
-- Returns the new version, or '' when every lane was known.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local new = 0
for i = 1, #ARGV, 2 do
  new = new + redis.call('ZADD', KEYS[1], now, ARGV[i])
  local jobs = tonumber(ARGV[i + 1])
  if jobs > 0 then redis.call('HINCRBY', KEYS[2], ARGV[i], jobs) end
end
if new == 0 then return '' end
redis.call('SET', KEYS[3], time[1] .. string.format('%06d', time[2]))
return redis.call('GET', KEYS[3])
