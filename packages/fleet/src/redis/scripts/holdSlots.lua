-- Take or renew leases on slots of one bucket's tenants, and give others back. A lease that is held goes on whatever the
-- desired count says: its job may still run. A new one needs its number to be wanted.
-- KEYS[1] slots    HASH `tenant:number` -> `end of the lease (unix ms, server clock) holder`
-- KEYS[2] desired  HASH tenant -> slots that it shall have
-- ARGV[1] holder  ARGV[2] lease (ms)  ARGV[3] slots of a tenant that has no entry
-- ARGV[4] how many are taken; then pairs of tenant, number: first those to take, then those to give back
-- Returns for each one to take: 0 granted; above 0 another holds it for so long (ms); -1 the number is not wanted.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local taken = tonumber(ARGV[4])
local ends = string.format('%.0f', now + ARGV[2])

local function leaseOf(slot)
  local lease = redis.call('HGET', KEYS[1], slot)
  if not lease then return nil, 0 end
  local untilMs, holder = string.match(lease, '^(%d+) (.*)$')
  return holder, tonumber(untilMs)
end

-- A script that has written may write on when Redis is full: jobs that run keep their slots.
redis.call('HDEL', KEYS[1], '')

-- Given back first: what is given and taken in one call is held.
for i = 5 + 2 * taken, #ARGV, 2 do
  local slot = ARGV[i] .. ':' .. ARGV[i + 1]
  if leaseOf(slot) == ARGV[1] then redis.call('HDEL', KEYS[1], slot) end
end

local answers = {}
for i = 5, 4 + 2 * taken, 2 do
  local tenant, number = ARGV[i], ARGV[i + 1]
  local slot = tenant .. ':' .. number
  local holder, untilMs = leaseOf(slot)
  if holder and holder ~= ARGV[1] and untilMs > now then
    answers[#answers + 1] = untilMs - now
  elseif holder ~= ARGV[1] and tonumber(number) > tonumber(redis.call('HGET', KEYS[2], tenant) or ARGV[3]) then
    answers[#answers + 1] = -1
  else
    redis.call('HSET', KEYS[1], slot, ends .. ' ' .. ARGV[1])
    answers[#answers + 1] = 0
  end
end
return answers
