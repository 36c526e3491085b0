-- Removes lanes from one bucket's registry that had no add for a while and hold no unfinished job.
-- KEYS[1] registry  ZSET lane -> time of its last add (unix ms, server clock)
-- KEYS[2] service   HASH lane -> service time of its jobs (ms)
-- KEYS[3] arrivals  HASH lane -> jobs added to it in total
-- KEYS[4] desired   HASH tenant -> desired slots
-- KEYS[5] fence     highest fence of a leader that wrote here
-- KEYS[6] version   changes when the bucket's lanes, desired slots or weights do: unix us, server clock
-- KEYS[7] slots     HASH `tenant:number` -> lease
-- KEYS    then BullMQ's keys of unfinished work, the same number per lane
-- ARGV[1] fence of the caller's leadership  ARGV[2] unused for at least (ms)  ARGV[3] dead-letter class
-- ARGV[4..] lanes
-- Returns {version, retired lanes}; the version is '' when nothing was retired, as when a later leader has written.
local fence = tonumber(ARGV[1])
if fence < tonumber(redis.call('GET', KEYS[5]) or '0') then return { '', {} } end
redis.call('SET', KEYS[5], ARGV[1])
local time = redis.call('TIME')
local unused_since = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[2]
local lanes = #ARGV - 3
local kinds = lanes > 0 and (#KEYS - 7) / lanes or 0
local retired = {}
for i = 1, lanes do
  local lane = ARGV[3 + i]
  local last = redis.call('ZSCORE', KEYS[1], lane)
  local from = 8 + (i - 1) * kinds
  if last and tonumber(last) <= unused_since and redis.call('EXISTS', unpack(KEYS, from, from + kinds - 1)) == 0 then
    redis.call('ZREM', KEYS[1], lane)
    redis.call('HDEL', KEYS[2], lane)
    redis.call('HDEL', KEYS[3], lane)
    retired[#retired + 1] = lane
  end
end
if #retired == 0 then return { '', {} } end

-- A tenant keeps its slots while it has a lane that workers run.
local runs = {}
for _, lane in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local tenant, class = string.match(lane, '^([^.]*)%.(.*)$')
  if tenant and class ~= ARGV[3] then runs[tenant] = true end
end
local gone = {}
for _, lane in ipairs(retired) do
  local tenant = string.match(lane, '^[^.]*')
  if not runs[tenant] then
    redis.call('HDEL', KEYS[4], tenant)
    gone[tenant] = true
  end
end
for _, slot in ipairs(redis.call('HKEYS', KEYS[7])) do
  if gone[string.match(slot, '^[^:]*')] then redis.call('HDEL', KEYS[7], slot) end
end
redis.call('SET', KEYS[6], time[1] .. string.format('%06d', time[2]))
return { redis.call('GET', KEYS[6]), retired }
