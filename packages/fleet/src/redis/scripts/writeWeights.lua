-- Writes the changed weights of tenants of one bucket.
-- KEYS[1] weights  HASH tenant -> its share of a process's scheduling turns; a tenant of weight 1 has no field
-- KEYS[2] version  changes when the bucket's lanes, desired slots or weights do: unix us, server clock
-- ARGV    pairs of tenant, weight
-- Returns the new version, or '' when no weight changed.
local changed = false
for i = 1, #ARGV, 2 do
  local tenant, weight = ARGV[i], ARGV[i + 1]
  if (redis.call('HGET', KEYS[1], tenant) or '1') ~= weight then
    changed = true
    if weight == '1' then
      redis.call('HDEL', KEYS[1], tenant)
    else
      redis.call('HSET', KEYS[1], tenant, weight)
    end
  end
end
if not changed then return '' end
local time = redis.call('TIME')
redis.call('SET', KEYS[2], time[1] .. string.format('%06d', time[2]))
return redis.call('GET', KEYS[2])
