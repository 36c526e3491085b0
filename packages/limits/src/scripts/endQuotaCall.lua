-- Records the end of a call to an upstream, once, and updates the circuit: the same as noteCall in circuit.ts.
-- KEYS[1] open     ZSET as in takeQuota
-- KEYS[2] circuit  HASH as in takeQuota
-- ARGV[1] call id  ARGV[2] 1 answered, 0 failed  ARGV[3] when it was granted (unix ms)
-- ARGV[4] failures that open the circuit  ARGV[5] within (ms)  ARGV[6] its rest (ms)  ARGV[7] answers that close it
-- ARGV[8] expiry of its state without calls (ms)  ARGV[9] 1 for a probe, 0 otherwise
-- Returns {change, now (unix ms)}; change: 0 none, or the call had already ended; 1 opened; 2 closed.
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if call('ZREM', KEYS[1], ARGV[1]) == 0 then return { 0, now } end

local function open()
  local rest = tonumber(ARGV[6])
  call('DEL', KEYS[2])
  call('HSET', KEYS[2], 'opened', string.format('%.0f', now), 'probe', string.format('%.0f', now + rest))
  call('PEXPIRE', KEYS[2], rest + tonumber(ARGV[8]))
  return { 1, now }
end

local failed = ARGV[2] == '0'
local circuit = call('HMGET', KEYS[2], 'opened', 'answered', 'failures')
if circuit[1] then
  if not circuit[2] or tonumber(ARGV[3]) < tonumber(circuit[1]) then return { 0, now } end
  if failed then return open() end
  if call('HINCRBY', KEYS[2], 'answered', 1) < tonumber(ARGV[7]) then return { 0, now } end
  call('DEL', KEYS[2])
  return { 2, now }
end

if not failed or ARGV[9] == '1' then return { 0, now } end
local within, recent = tonumber(ARGV[5]), {}
for at in string.gmatch(circuit[3] or '', '%d+') do
  local age = now - tonumber(at)
  if age >= 0 and age < within then recent[#recent + 1] = at end
end
recent[#recent + 1] = string.format('%.0f', now)
if #recent >= tonumber(ARGV[4]) then return open() end
call('HSET', KEYS[2], 'failures', table.concat(recent, ' '))
call('PEXPIRE', KEYS[2], within)
return { 0, now }
