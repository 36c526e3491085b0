-- Takes a call's cost from an upstream's quota, all or nothing, limited per sliding window and by calls in progress.
-- Timed by the server's clock.
-- KEYS[1] ring     HASH part of a window (its first ms) -> `calls:time of the last of them (unix ms)`. Independent of
--                  the window's length, which may change at any time: calls older than the window are kept for the
--                  maximum window, in increasingly long parts. `blocked` -> end of the requested wait (unix ms)
-- KEYS[2] open     ZSET call in progress -> expiry of its lease (unix ms)
-- KEYS[3] circuit  HASH, absent while it is closed and nothing failed recently. Closed: `failures` -> times of the
--                  latest failures (unix ms), oldest first. Open: `opened` -> when it opened (unix ms), `probe` -> when
--                  the next call may be made (unix ms). Half-open: also `answered` -> number of answered probes
-- KEYS[4..]        lists and sets of jobs that go first: the call is refused while one exists
-- ARGV[1] calls per window, 0 for no limit    ARGV[2] window (ms)  ARGV[3] parts of the window
-- ARGV[4] calls in progress, 0 for no limit   ARGV[5] call id      ARGV[6] its lease (ms)  ARGV[7] its cost (calls)
-- ARGV[8] maximum window (ms)
-- ARGV[9] rest of an opened circuit (ms), 0 for no circuit  ARGV[10] interval between probes (ms)
-- ARGV[11] expiry of the circuit's state without calls (ms)
-- Returns {1, calls left in the window or -1, now (unix ms), probe}, or {0, reason, retry in (ms), now (unix ms)}.
--   probe: 0 none, 1 a probe, 2 the first since the circuit opened
--   reason: 1 window, 2 calls in progress, 3 blocked, 4 others go first, 5 circuit
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local max, window, parts = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local cost = tonumber(ARGV[7])
local part_ms = math.ceil(window / parts)
local kept_ms = math.max(window, tonumber(ARGV[8]))
-- Expired parts are merged so that a part is at most an eighth as long as its age: a few fields hold the whole history.
local OVER = 8

-- The part that holds calls of this age.
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
-- A repeated request, whose first reply was lost, already holds its place and was counted.
local again = call('ZSCORE', KEYS[2], ARGV[5])

-- As askCircuit in circuit.ts: a due time further ahead than it can be set is due to a clock that was set back.
local rest, every = tonumber(ARGV[9]), tonumber(ARGV[10])
local circuit = rest > 0 and call('HMGET', KEYS[3], 'opened', 'probe', 'answered') or {}
if circuit[1] then
  local set = tonumber(circuit[2])
  local due = math.min(set, now + (circuit[3] and every or rest))
  if due < set then call('HSET', KEYS[3], 'probe', string.format('%.0f', due)) end
  if due > now then
    -- The call was granted, but the reply was lost: release its place.
    if again then call('ZREM', KEYS[2], ARGV[5]) end
    return { 0, 5, due - now, now }
  end
end

if not again and at_a_time > 0 and call('ZCARD', KEYS[2]) >= at_a_time then
  local first = call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  return { 0, 2, math.max(1, tonumber(first[2]) - now), now }
end

-- Adds calls to a part, which may already hold some.
local function add(part, more, at)
  local calls, last = string.match(call('HGET', KEYS[1], part) or '0:0', '^(%d+):(%d+)$')
  call('HSET', KEYS[1], part, string.format('%.0f:%.0f', (calls or 0) + more, math.max(last or 0, at)))
end

-- Counted even without a limit, because one may be set at any time. A part counts until its last call is older than a
-- window, so no window of that length ever holds more than the quota.
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
-- Usage may exceed a quota that was lowered.
return { 1, max > 0 and math.max(0, max - used) or -1, now, probe }
