-- Returns how full a lane is and the places of some of its jobs. Read-only.
-- KEYS[1] wait         LIST of jobs without a priority, which all run before the others; the next one is last
-- KEYS[2] prioritized  ZSET of jobs with a priority, the next one first
-- KEYS[3] active  KEYS[4] delayed
-- KEYS[5] HASH lane -> service time of its jobs (ms)  KEYS[6] HASH tenant -> desired slots
-- ARGV[1] lane  ARGV[2] tenant  ARGV[3..] ids of jobs
-- Returns {waiting, active, service time (ms) or '', slots or '', place of each job...};
-- a place is 1 for the next, as in placesInLane, 0 when the job is not waiting there, -1 when it is delayed. A job
-- without a priority, as none of Sluice's is, is searched for among the next thousand.
local before = redis.call('LLEN', KEYS[1])
local found = {
  before + redis.call('ZCARD', KEYS[2]),
  redis.call('LLEN', KEYS[3]),
  redis.call('HGET', KEYS[5], ARGV[1]) or '',
  redis.call('HGET', KEYS[6], ARGV[2]) or '',
}
for i = 3, #ARGV do
  local rank = redis.call('ZRANK', KEYS[2], ARGV[i])
  if rank then
    found[i + 2] = before + rank + 1
  elseif redis.call('ZSCORE', KEYS[4], ARGV[i]) then
    found[i + 2] = -1
  else
    local at = before > 0 and redis.call('LPOS', KEYS[1], ARGV[i], 'RANK', -1, 'MAXLEN', 1000)
    found[i + 2] = at and before - at or 0
  end
end
return found
