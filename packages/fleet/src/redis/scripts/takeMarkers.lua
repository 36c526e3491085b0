-- Takes the markers of lanes of one bucket, as BullMQ's own worker does one at a time.
-- KEYS markers
-- Returns the index (from 0) of each lane that had one, and its score: 0 when work may wait, else a job's due time
-- (unix ms).
local found = {}
for i = 1, #KEYS do
  local marker = redis.call('ZPOPMIN', KEYS[i])
  if marker[2] then
    found[#found + 1] = i - 1
    found[#found + 1] = math.floor(tonumber(marker[2]))
  end
end
return found
