-- Returns the usage of a quota. Read-only: expired entries may still exist and are not counted.
-- KEYS[1] ring  KEYS[2] open  KEYS[3] circuit  as in takeQuota
-- ARGV[1] window (ms)
-- Returns {blocked for (ms), calls in progress, time until the first of their leases expires (ms),
--   {freed in (ms), calls, ...} oldest first, now (unix ms), circuit's {`failures`, `opened`, `probe`, `answered`}}.
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = tonumber(ARGV[1])

local blocked, held = 0, {}
local fields = call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local calls, last = string.match(fields[i + 1], '^(%d+):(%d+)$')
  if fields[i] == 'blocked' then
    blocked = math.max(0, tonumber(fields[i + 1]) - now)
  elseif calls and tonumber(last) + window > now then
    held[#held + 1] = { math.min(tonumber(last), now), tonumber(calls) }
  end
end
table.sort(held, function(a, b) return a[1] < b[1] end)
local frees = {}
for _, entry in ipairs(held) do
  frees[#frees + 1] = entry[1] + window - now
  frees[#frees + 1] = entry[2]
end
local first = call('ZRANGEBYSCORE', KEYS[2], '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return {
  blocked,
  call('ZCOUNT', KEYS[2], '(' .. now, '+inf'),
  first[2] and first[2] - now or 0,
  frees,
  now,
  call('HMGET', KEYS[3], 'failures', 'opened', 'probe', 'answered'),
}
