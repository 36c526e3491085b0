-- What is left of a quota. Changes nothing, so that what is over may still be there and is left out of the count.
-- KEYS[1] ring  KEYS[2] open   as in takeQuota
-- ARGV[1] window (ms)  ARGV[2] parts of the window
-- Returns {blocked for (ms), under way, the first of them ends in at most (ms), {free again in (ms), calls, ...}}, oldest first.
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window, part_ms = tonumber(ARGV[1]), math.ceil(tonumber(ARGV[1]) / tonumber(ARGV[2]))

local blocked, held = 0, {}
local fields = call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local part = tonumber(fields[i])
  if not part then
    blocked = math.max(0, tonumber(fields[i + 1]) - now)
  elseif (part + 1) * part_ms + window > now then
    held[#held + 1] = { part, tonumber(fields[i + 1]) }
  end
end
table.sort(held, function(a, b) return a[1] < b[1] end)
local frees = {}
for _, entry in ipairs(held) do
  frees[#frees + 1] = (entry[1] + 1) * part_ms + window - now
  frees[#frees + 1] = entry[2]
end
local first = call('ZRANGEBYSCORE', KEYS[2], '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return { blocked, call('ZCOUNT', KEYS[2], '(' .. now, '+inf'), first[2] and first[2] - now or 0, frees }
