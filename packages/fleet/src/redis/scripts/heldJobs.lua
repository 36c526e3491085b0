-- Whether BullMQ holds jobs of one lane, and in what way. Reads only.
-- KEYS[1..3]  of the lane: prioritized ZSET, delayed ZSET, waiting-children ZSET
-- KEYS[4..6]  of the lane: active LIST, wait LIST, paused LIST
-- KEYS[7..]   the hashes of the jobs, at least one
-- ARGV        the ids of the jobs
-- Returns for each, in order: 0 nothing, 1 a job that is not over, 2 one that is, 3 one that stands in no list and is not over:
-- nothing will ever run it.
local call = redis.call
-- A list longer than this is not searched: a job that could stand in it is taken to do so.
local REACH = 1000

local function has_place(id)
  for i = 1, 3 do
    if call('ZSCORE', KEYS[i], id) then return true end
  end
  for i = 4, 6 do
    local length = call('LLEN', KEYS[i])
    if length > REACH or (length > 0 and call('LPOS', KEYS[i], id)) then return true end
  end
  return false
end

local held = {}
for i = 1, #ARGV do
  local fields = call('HMGET', KEYS[6 + i], 'timestamp', 'finishedOn')
  if not fields[1] then held[i] = 0
  elseif fields[2] then held[i] = 2
  else held[i] = has_place(ARGV[i]) and 1 or 3 end
end
return held
