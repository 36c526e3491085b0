-- Returns a bucket's data about its tenants, as of one moment.
-- KEYS[1] registry  ZSET lane -> time of its last add (unix ms, server clock)
-- KEYS[2] desired   HASH tenant -> desired slots
-- KEYS[3] weights   HASH tenant -> its share of a process's scheduling turns
-- KEYS[4] version   changes when one of these does
-- ARGV[1] the version known to the caller, or ''
-- Returns {version, {lanes}, {tenant, slots, ...}, {tenant, weight, ...}}; only {version} when the caller knows it.
local version = redis.call('GET', KEYS[4]) or '0'
if version == ARGV[1] then return { version } end
return {
  version,
  redis.call('ZRANGE', KEYS[1], 0, -1),
  redis.call('HGETALL', KEYS[2]),
  redis.call('HGETALL', KEYS[3]),
}
