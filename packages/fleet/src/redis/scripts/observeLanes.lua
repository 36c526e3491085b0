-- Returns what lanes of one bucket hold, and how fast they receive and run jobs, as of one moment. Read-only.
-- KEYS[1] arrivals  HASH lane -> jobs added to it in total
-- KEYS[2] service   HASH lane -> service time of its jobs (ms)
-- KEYS    then three of BullMQ's per lane: wait LIST, prioritized ZSET, active LIST
-- KEYS    then two more per lane: meta HASH, limiter STRING
-- ARGV    the lanes, at least one
-- Returns {now (unix ms, server clock), {arrivals}, {service times}, {lane, lane, ...}} with only the non-empty lanes;
-- a lane is {index from 0, waiting, active, paused 0|1, rate limited for (ms), id of the next job or ''}.
local call = redis.call
local count = #ARGV

local function limited_for(max, limiter)
  -- As BullMQ's getRateLimitTtl: a queue's own limit applies only once its count reaches the maximum.
  if max and tonumber(call('GET', limiter) or '0') < tonumber(max) then return 0 end
  return math.max(0, call('PTTL', limiter))
end

local function look(i)
  local at = 3 + (i - 1) * 3
  local wait, prioritized, active = KEYS[at], KEYS[at + 1], KEYS[at + 2]
  -- Fast path: one command suffices for the many empty lanes.
  if call('EXISTS', wait, prioritized, active) == 0 then return nil end
  local first, rest = call('LLEN', wait), call('ZCARD', prioritized)
  local paused, limited, next_id = 0, 0, ''
  if first + rest > 0 then
    local more = 3 + count * 3 + (i - 1) * 2
    local meta = call('HMGET', KEYS[more], 'paused', 'max')
    paused = meta[1] and 1 or 0
    limited = limited_for(meta[2], KEYS[more + 1])
    next_id = first > 0 and call('LINDEX', wait, -1) or call('ZRANGE', prioritized, 0, 0)[1]
  end
  return { i - 1, first + rest, call('LLEN', active), paused, limited, next_id }
end

local lanes = {}
-- Fast path: usually all lanes of the bucket are empty, which one command detects.
if call('EXISTS', unpack(KEYS, 3, 2 + count * 3)) > 0 then
  for i = 1, count do lanes[#lanes + 1] = look(i) end
end
local time = call('TIME')
return {
  time[1] * 1000 + math.floor(time[2] / 1000),
  call('HMGET', KEYS[1], unpack(ARGV)),
  call('HMGET', KEYS[2], unpack(ARGV)),
  lanes,
}
