-- What lanes of one bucket hold, and how fast they get and run jobs, as of one moment. Reads only.
-- KEYS[1] arrivals  HASH lane -> jobs added to it, ever
-- KEYS[2] service   HASH lane -> how long its jobs take (ms)
-- KEYS    then six of BullMQ's per lane: wait LIST, prioritized ZSET, active LIST, delayed ZSET, meta HASH, limiter STRING
-- ARGV    the lanes, at least one
-- Returns {now (unix ms, server clock), {arrivals}, {service times}, {lane, lane, ...}}; a lane is
-- {waiting, active, delayed, paused 0|1, rate limited for (ms), id of the next job or ''}.
local function limited_for(meta, limiter)
  -- As BullMQ's getRateLimitTtl: a limit of the queue's own counts from its last job on.
  local max = redis.call('HGET', meta, 'max')
  if max and tonumber(redis.call('GET', limiter) or '0') < tonumber(max) then return 0 end
  return math.max(0, redis.call('PTTL', limiter))
end

local lanes = {}
for i = 1, #ARGV do
  local at = 3 + (i - 1) * 6
  local wait, prioritized, active, delayed = KEYS[at], KEYS[at + 1], KEYS[at + 2], KEYS[at + 3]
  if redis.call('EXISTS', wait, prioritized, active, delayed) == 0 then
    lanes[i] = { 0, 0, 0, 0, 0, '' }
  else
    local waiting = redis.call('LLEN', wait) + redis.call('ZCARD', prioritized)
    local paused, limited, next_id = 0, 0, ''
    if waiting > 0 then
      paused = redis.call('HEXISTS', KEYS[at + 4], 'paused')
      limited = limited_for(KEYS[at + 4], KEYS[at + 5])
      next_id = redis.call('LINDEX', wait, -1) or redis.call('ZRANGE', prioritized, 0, 0)[1] or ''
    end
    lanes[i] = { waiting, redis.call('LLEN', active), redis.call('ZCARD', delayed), paused, limited, next_id }
  end
end
local time = redis.call('TIME')
return {
  time[1] * 1000 + math.floor(time[2] / 1000),
  redis.call('HMGET', KEYS[1], unpack(ARGV)),
  redis.call('HMGET', KEYS[2], unpack(ARGV)),
  lanes,
}
