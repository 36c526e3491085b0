-- Take calls of an upstream's quota, all or nothing: so many in any window, so many at a time. The server's clock decides.
-- KEYS[1] ring   HASH part of a window (its first ms) -> `calls:when the last of them was made (unix ms)`. Nothing in it depends
--                on a window's length, which may be changed at any time: what is older than the window is kept for the longest
--                there can be, in ever longer parts. `blocked` -> until when (unix ms) the upstream asked to wait
-- KEYS[2] open   ZSET call under way -> when its lease ends (unix ms)
-- KEYS[3] circuit  HASH, none while it is closed and nothing failed of late. Closed: `failures` -> when the latest were (unix ms), oldest
--                first. Open: `opened` -> when, `probe` -> when the next call may be made. Half open: `answered` -> probes that were, too
-- KEYS[4..] lists and sets of jobs that go first: one that is there refuses the call
-- ARGV[1] calls in a window, 0 for no bound  ARGV[2] window (ms)  ARGV[3] parts of the window
-- ARGV[4] calls at a time, 0 for no bound    ARGV[5] this call    ARGV[6] its lease (ms)  ARGV[7] how many calls it counts as
-- ARGV[8] the longest window there can be (ms)
-- ARGV[9] rest of a circuit that opened (ms), 0 for no circuit  ARGV[10] a probe every (ms)  ARGV[11] its state is kept without calls for (ms)
-- Returns {1, calls left in the window or -1, now (unix ms), 0 no probe 1 a probe 2 the first since the circuit opened}, or
-- {0, why: 1 window 2 at a time 3 blocked 4 others go first 5 circuit, try again in (ms), now}.
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local max, window, parts = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local cost = tonumber(ARGV[7])
local part_ms = math.ceil(window / parts)
local kept_ms = math.max(window, tonumber(ARGV[8]))
-- Parts that are over are joined so that one is at most an eighth as long as ago: a few fields hold all there is to know.
local OVER = 8

-- In which part to keep calls that were made so long ago.
local function part_of(at, age)
  local length = part_ms
  if age >= window then
    while length * OVER * 2 <= age do length = length * 2 end
  end
  return string.format('%.0f', math.floor(at / length) * length)
end

if #KEYS > 3 and call('EXISTS', unpack(KEYS, 4)) > 0 then return { 0, 4, 0, now } end

local blocked = tonumber(call('HGET', KEYS[1], 'blocked') or '0')
if blocked > now then return { 0, 3, blocked - now, now } end

call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local at_a_time = tonumber(ARGV[4])
-- A call that asks again, because it never heard the answer, has its place already, and was counted.
local again = call('ZSCORE', KEYS[2], ARGV[5])

-- As askCircuit of domain/circuit.ts: a moment further ahead than it was ever set is of a clock that was set back.
local rest, every = tonumber(ARGV[9]), tonumber(ARGV[10])
local circuit = rest > 0 and call('HMGET', KEYS[3], 'opened', 'probe', 'answered') or {}
if circuit[1] then
  local set = tonumber(circuit[2])
  local due = math.min(set, now + (circuit[3] and every or rest))
  if due < set then call('HSET', KEYS[3], 'probe', string.format('%.0f', due)) end
  if due > now then
    -- It was let through, never heard so, and goes back.
    if again then call('ZREM', KEYS[2], ARGV[5]) end
    return { 0, 5, due - now, now }
  end
end

if not again and at_a_time > 0 and call('ZCARD', KEYS[2]) >= at_a_time then
  local first = call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  return { 0, 2, math.max(1, tonumber(first[2]) - now), now }
end

-- Adds calls to a part, of which some may be there.
local function add(part, more, at)
  local calls, last = string.match(call('HGET', KEYS[1], part) or '0:0', '^(%d+):(%d+)$')
  call('HSET', KEYS[1], part, string.format('%.0f:%.0f', (calls or 0) + more, math.max(last or 0, at)))
end

-- Counted without a bound too, for one may be set at any time. A part counts until its last call is older than a window, so
-- that no window of that length ever holds more than the quota.
local used, held, gone, moved = 0, {}, {}, {}
local fields = call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local calls, last = string.match(fields[i + 1], '^(%d+):(%d+)$')
  if calls then
    calls, last = tonumber(calls), math.min(tonumber(last), now)
    local age = now - last
    if age < window then
      held[#held + 1] = { last, calls }
      used = used + calls
    else
      local part = part_of(last, age)
      if age >= kept_ms or part ~= fields[i] then gone[#gone + 1] = fields[i] end
      if age < kept_ms and part ~= fields[i] then moved[#moved + 1] = { part, calls, last } end
    end
  elseif fields[i] ~= 'blocked' then
    gone[#gone + 1] = fields[i]
  end
end
if #gone > 0 then call('HDEL', KEYS[1], unpack(gone)) end
for _, entry in ipairs(moved) do add(entry[1], entry[2], entry[3]) end
if max > 0 and not again and used + cost > max then
  table.sort(held, function(a, b) return a[1] < b[1] end)
  local free, wait = max - used, window
  for _, entry in ipairs(held) do
    free = free + entry[2]
    wait = entry[1] + window - now
    if free >= cost then break end
  end
  return { 0, 1, math.min(math.max(1, wait), window), now }
end
if not again then
  add(part_of(now, 0), cost, now)
  used = used + cost
end
if call('PTTL', KEYS[1]) < kept_ms then call('PEXPIRE', KEYS[1], kept_ms + part_ms) end
call('ZADD', KEYS[2], now + tonumber(ARGV[6]), ARGV[5])
if call('PTTL', KEYS[2]) < tonumber(ARGV[6]) then call('PEXPIRE', KEYS[2], ARGV[6]) end
local probe = 0
if circuit[1] then
  probe = circuit[3] and 1 or 2
  local opened = string.format('%.0f', math.min(tonumber(circuit[1]), now))
  call('HSET', KEYS[3], 'opened', opened, 'probe', string.format('%.0f', now + every), 'answered', circuit[3] or 0)
  call('PEXPIRE', KEYS[3], every + tonumber(ARGV[11]))
end
-- Of a quota that was lowered more may be used than there is.
return { 1, max > 0 and math.max(0, max - used) or -1, now, probe }
