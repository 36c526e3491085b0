-- All that a bucket says of its tenants, as of one moment.
-- KEYS[1] registry  ZSET lane -> when it was last added to (unix ms, server clock)
-- KEYS[2] desired   HASH tenant -> slots that it shall have
-- KEYS[3] weights   HASH tenant -> its share of a process's turns
-- KEYS[4] version   changes when one of these does
-- ARGV[1] the version that the caller knows, or ''
-- Returns {version, {lanes}, {tenant, slots, ...}, {tenant, weight, ...}}; only {version} when the caller knows it.
local version = redis.call('GET', KEYS[4]) or '0'
if version == ARGV[1] then return { version } end
return {
  version,
  redis.call('ZRANGE', KEYS[1], 0, -1),
  redis.call('HGETALL', KEYS[2]),
  redis.call('HGETALL', KEYS[3]),
}
