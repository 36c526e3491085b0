-- Returns the job schedulers in lanes of one bucket, as of one moment. Read-only.
-- KEYS     BullMQ's ZSET of job schedulers per lane: id -> due time of its latest job (unix ms)
-- ARGV[1]  prefix of the scheduler ids to return
-- Returns {{index of the lane from 0, id, held 0|1}, ...}: held is 0 when the latest job is missing or finished, so no
-- other would ever follow.
local found = {}
for i, key in ipairs(KEYS) do
  local members = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for at = 1, #members, 2 do
    local id = members[at]
    if string.sub(id, 1, #ARGV[1]) == ARGV[1] then
      -- BullMQ's hash of that job.
      local job = key .. ':' .. id .. ':' .. members[at + 1]
      local held = redis.call('EXISTS', job) == 1 and redis.call('HEXISTS', job, 'finishedOn') == 0
      found[#found + 1] = { i - 1, id, held and 1 or 0 }
    end
  end
end
return found
