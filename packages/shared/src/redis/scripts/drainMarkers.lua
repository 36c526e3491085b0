-- Take the markers of lanes, as BullMQ's own worker does one at a time, and say what those lanes hold that had one.
-- KEYS four per lane: marker, wait, prioritized, delayed
-- Returns {lane's index (from 0), jobs waiting, when the first delayed job is due (unix ms; 0 none), ...}.
local found = {}
for i = 1, #KEYS, 4 do
  if #redis.call('ZPOPMIN', KEYS[i]) > 0 then
    local first = redis.call('ZRANGE', KEYS[i + 3], 0, 0, 'WITHSCORES')
    found[#found + 1] = (i - 1) / 4
    found[#found + 1] = redis.call('LLEN', KEYS[i + 1]) + redis.call('ZCARD', KEYS[i + 2])
    found[#found + 1] = first[2] and math.floor(tonumber(first[2]) / 4096) or 0
  end
end
return found
