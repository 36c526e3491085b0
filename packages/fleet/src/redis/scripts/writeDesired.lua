-- Writes the desired slots of tenants of one bucket, unless a later leader has written here.
-- KEYS[1] desired  HASH tenant -> desired slots
-- KEYS[2] fence    highest fence of a leader that wrote here
-- KEYS[3] version  changes when the bucket's lanes, desired slots or weights do: unix us, server clock
-- ARGV[1] fence of the caller's leadership; then pairs of tenant, slots; without any, only the fence is written
-- Returns the new version; '' when a later leader has written, or only the fence was written.
local fence = tonumber(ARGV[1])
if fence < tonumber(redis.call('GET', KEYS[2]) or '0') then return '' end
redis.call('SET', KEYS[2], ARGV[1])
if #ARGV == 1 then return '' end
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
local time = redis.call('TIME')
redis.call('SET', KEYS[3], time[1] .. string.format('%06d', time[2]))
return redis.call('GET', KEYS[3])
