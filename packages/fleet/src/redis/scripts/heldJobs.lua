-- Returns whether and how BullMQ holds jobs of one lane. Read-only.
-- KEYS[1..3]  the lane's prioritized ZSET, delayed ZSET, waiting-children ZSET
-- KEYS[4..6]  the lane's active LIST, wait LIST, paused LIST
-- KEYS[7..]   hashes of the jobs, at least one
-- ARGV        ids of the jobs
-- Returns for each job, in order: 0 not held, 1 unfinished, 2 finished, 3 unfinished but in no list or set, so that
-- nothing will ever run it.
local call = redis.call
-- Longer lists are not searched: a job that could be in one is assumed to be.
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
