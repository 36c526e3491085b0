-- Acquires, renews or releases the leadership. Timed by the server's clock.
-- KEYS[1] leader  HASH holder, fence; expires with the lease
-- KEYS[2] fence   of the latest leadership
-- ARGV[1] holder  ARGV[2] lease (ms); 0 releases the leadership
-- Returns the fence (> 0) to the leader, 0 to all others.
local holder = redis.call('HGET', KEYS[1], 'holder')
if tonumber(ARGV[2]) == 0 then
  if holder == ARGV[1] then redis.call('DEL', KEYS[1]) end
  return 0
end
if holder and holder ~= ARGV[1] then return 0 end
if not holder then
  -- At least the seconds since the start of 2026: after Redis is emptied, new fences still exceed all earlier ones.
  local seconds = tonumber(redis.call('TIME')[1]) - 1767225600
  local fence = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, seconds)
  redis.call('SET', KEYS[2], fence)
  redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'fence', fence)
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return tonumber(redis.call('HGET', KEYS[1], 'fence'))
