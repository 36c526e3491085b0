-- Stores the seed of a request's ids unless one is stored.
-- KEYS[1] STRING the request's hash, a space, its seed
-- ARGV[1] hash of the request  ARGV[2] seed to store when there is none  ARGV[3] expiry (s)
-- Returns the stored value.
local kept = redis.call('GET', KEYS[1])
if kept then return kept end
kept = ARGV[1] .. ' ' .. ARGV[2]
redis.call('SET', KEYS[1], kept, 'EX', ARGV[3])
return kept
