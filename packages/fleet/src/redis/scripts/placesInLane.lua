-- Returns the places of jobs in their lane, 1 for the next. Reads BullMQ's keys; read-only.
-- KEYS[1] wait         LIST of jobs without a priority, which all run before the others; the next one is last
-- KEYS[2] prioritized  ZSET of jobs with a priority, the next one first
-- ARGV    ids of jobs
-- Returns one number per id: its place, or 0 when it is not waiting in this lane. O(log n) for a job with a priority,
-- as all of Sluice's have; a job without one is searched for among the next thousand.
local before = redis.call('LLEN', KEYS[1])
local places = {}
for index, id in ipairs(ARGV) do
  local rank = redis.call('ZRANK', KEYS[2], id)
  if rank then
    places[index] = before + rank + 1
  else
    local at = before > 0 and redis.call('LPOS', KEYS[1], id, 'RANK', -1, 'MAXLEN', 1000)
    places[index] = at and before - at or 0
  end
end
return places
