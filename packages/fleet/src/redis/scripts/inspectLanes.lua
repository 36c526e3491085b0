-- Returns what lanes hold. Read-only.
-- KEYS[1] version of the bucket; then four per lane: wait, prioritized, delayed, active
-- Returns {version, {lane's index (from 0), jobs waiting, due time of the first delayed job (unix ms; 0 none), active,
--   ...}}, without the lanes that hold none of these.
local found = {}
-- Fast path: usually all lanes are empty, which one command detects.
if #KEYS > 1 and redis.call('EXISTS', unpack(KEYS, 2)) == 0 then
  return { redis.call('GET', KEYS[1]) or '0', found }
end
for i = 2, #KEYS, 4 do
  local waiting = redis.call('LLEN', KEYS[i]) + redis.call('ZCARD', KEYS[i + 1])
  local first = redis.call('ZRANGE', KEYS[i + 2], 0, 0, 'WITHSCORES')
  local active = redis.call('LLEN', KEYS[i + 3])
  if waiting > 0 or first[2] or active > 0 then
    found[#found + 1] = (i - 2) / 4
    found[#found + 1] = waiting
    found[#found + 1] = first[2] and math.floor(tonumber(first[2]) / 4096) or 0
    found[#found + 1] = active
  end
end
return { redis.call('GET', KEYS[1]) or '0', found }
