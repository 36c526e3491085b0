-- Acquires or renews leases on slots of one bucket's tenants, and releases others. A held lease is renewed regardless
-- of the desired count, as its job may still run. A new lease requires a number within the desired count.
-- KEYS[1] slots    HASH `tenant:number` -> `expiry of the lease (unix ms, server clock) holder`
-- KEYS[2] desired  HASH tenant -> desired slots
-- ARGV[1] holder  ARGV[2] lease (ms)  ARGV[3] desired slots of a tenant without an entry
-- ARGV[4] number of slots to acquire; then pairs of tenant, number: first those to acquire, then those to release
-- Returns for each slot to acquire: 0 granted; above 0 held by another, expires in (ms); -1 above the desired count.
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

-- Once a script has written, a full Redis allows its further writes: running jobs keep their slots.
redis.call('HDEL', KEYS[1], '')

-- Release first: a slot both released and acquired in one call is held.
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
