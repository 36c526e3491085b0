-- Take calls of an upstream's quota, all or nothing: so many in any window, so many at a time. The server's clock decides.
-- KEYS[1] ring   HASH part of the window (its number since 1970) -> calls; `blocked` -> until when (unix ms) the upstream asked
--                to wait. Expires when nothing of it counts any more
-- KEYS[2] open   ZSET call under way -> when its lease ends (unix ms)
-- KEYS[3..] lists and sets of jobs that go first: one that is there refuses the call
-- ARGV[1] calls in a window, 0 for no bound  ARGV[2] window (ms)  ARGV[3] parts of the window
-- ARGV[4] calls at a time, 0 for no bound    ARGV[5] this call    ARGV[6] its lease (ms)  ARGV[7] how many calls it counts as
-- Returns {1, calls left in the window or -1, now (unix ms)}, or {0, why: 1 window 2 at a time 3 blocked 4 others go first, try again in (ms)}.
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local max, window, parts = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local cost = tonumber(ARGV[7])
local part_ms = math.ceil(window / parts)

if #KEYS > 2 and call('EXISTS', unpack(KEYS, 3)) > 0 then return { 0, 4, 0 } end

local blocked = tonumber(call('HGET', KEYS[1], 'blocked') or '0')
if blocked > now then return { 0, 3, blocked - now } end

call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local at_a_time = tonumber(ARGV[4])
-- A call that asks again, because it never heard the answer, has its place already, and was counted.
local again = call('ZSCORE', KEYS[2], ARGV[5])
if not again and at_a_time > 0 and call('ZCARD', KEYS[2]) >= at_a_time then
  local first = call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  return { 0, 2, math.max(1, tonumber(first[2]) - now) }
end

local left = -1
if max > 0 then
  -- A part counts until all of it is older than a window, so that no window of that length ever holds more than the quota.
  local used, held, old = 0, {}, {}
  local fields = call('HGETALL', KEYS[1])
  for i = 1, #fields, 2 do
    local part = tonumber(fields[i])
    if part then
      if (part + 1) * part_ms + window <= now then
        old[#old + 1] = fields[i]
      else
        held[#held + 1] = { part, tonumber(fields[i + 1]) }
        used = used + tonumber(fields[i + 1])
      end
    end
  end
  if #old > 0 then call('HDEL', KEYS[1], unpack(old)) end
  if not again and used + cost > max then
    table.sort(held, function(a, b) return a[1] < b[1] end)
    local free, wait = max - used, window
    for _, entry in ipairs(held) do
      free = free + entry[2]
      wait = (entry[1] + 1) * part_ms + window - now
      if free >= cost then break end
    end
    return { 0, 1, math.max(1, wait) }
  end
  left = max - used
  if not again then
    call('HINCRBY', KEYS[1], string.format('%.0f', math.floor(now / part_ms)), cost)
    left = left - cost
  end
  if call('PTTL', KEYS[1]) < window + part_ms then call('PEXPIRE', KEYS[1], window + 2 * part_ms) end
end
call('ZADD', KEYS[2], now + tonumber(ARGV[6]), ARGV[5])
if call('PTTL', KEYS[2]) < tonumber(ARGV[6]) then call('PEXPIRE', KEYS[2], ARGV[6]) end
return { 1, left, now }
