-- Counts the jobs a user submits, with exponential decay: a steady rate of n jobs per decay time yields a count of n.
-- KEYS[1] HASH count, at (unix ms, server clock)
-- ARGV[1] jobs added  ARGV[2] time in which a count decays to 1/e (ms)
-- Returns the count before these jobs, as text.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('HMGET', KEYS[1], 'count', 'at')
local before = 0
if known[1] then
  before = tonumber(known[1]) * math.exp(-math.max(0, now - tonumber(known[2])) / tonumber(ARGV[2]))
end
redis.call('HSET', KEYS[1], 'count', tostring(before + tonumber(ARGV[1])), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.floor(tonumber(ARGV[2]) * 6))
return tostring(before)
