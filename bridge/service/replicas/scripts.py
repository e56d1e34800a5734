"""What Redis does in one step. Times are its own, so replicas' clocks may differ.

All keys of a service are in one slot of a cluster. `calls` is a hash of JSON: who owns a call
(`owner`), whether its media has come (`media`), ACS's name of it (`connection`), and the rest.
"""

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

ADMIT = (
    _NOW
    + """
local line, sessions = KEYS[1], KEYS[2]
local id, member = ARGV[1], ARGV[2]
local quota, most = tonumber(ARGV[3]), tonumber(ARGV[4])
local wait_ms, lease_ms = tonumber(ARGV[5]), tonumber(ARGV[6])
redis.call('ZREMRANGEBYSCORE', line, '-inf', now)
if quota >= 0 and redis.call('ZCARD', line) >= quota then return 'quota' end
redis.call('ZREMRANGEBYSCORE', sessions, '-inf', now - 60000)
local over = redis.call('ZCARD', sessions) - most
if most >= 0 and over >= 0 then
  local first = redis.call('ZRANGE', sessions, over, over, 'WITHSCORES')[2]
  if tonumber(first) + 60000 - now > wait_ms then return 'sessions' end
end
redis.call('ZADD', line, now + lease_ms, id)
redis.call('ZADD', sessions, now, member)
return ''
"""
)
"""Count a call of a line and its first session, or say what stands against it."""

CLAIM = (
    _NOW
    + """
local calls, replicas, sessions, over = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, me, connection, mail = ARGV[1], ARGV[2], ARGV[3], ARGV[5]
if redis.call('EXISTS', over) == 1 then return false end
local was = redis.call('HGET', calls, id)
local held = cjson.decode(was or ARGV[4])
if was then
  if held.connection ~= '' and held.connection ~= connection then return false end
  local lease = redis.call('ZSCORE', replicas, held.owner)
  if held.media and lease and tonumber(lease) > now then return false end
  if held.owner ~= me then
    redis.call('XADD', mail .. held.owner, 'MAXLEN', '~', ARGV[6], '*', 'taken', id)
    local begun = redis.call('ZSCORE', sessions, held.owner .. '/' .. id)
    if begun then
      redis.call('ZREM', sessions, held.owner .. '/' .. id)
      redis.call('ZADD', sessions, begun, me .. '/' .. id)
    end
  end
end
held.owner, held.at, held.media, held.connection = me, ARGV[7], true, connection
local now_held = cjson.encode(held)
redis.call('HSET', calls, id, now_held)
return now_held
"""
)
"""Make a replica the owner of a call by its media, which comes once, and tell the one before."""

KEEP = (
    _NOW
    + """
local calls, replicas, sessions, places = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local me, lease_ms, lines, begun = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[6])
local mail, most_mail = ARGV[4], ARGV[5]
redis.call('ZADD', replicas, now + lease_ms, me)
redis.call('HSET', places, me, ARGV[7])
redis.call('PEXPIRE', mail .. me, 100 * lease_ms)
redis.call('ZREMRANGEBYSCORE', sessions, '-inf', now - 60000)
local at = 8
for _ = 1, begun do
  redis.call('ZADD', sessions, now - tonumber(ARGV[at + 1]), ARGV[at])
  at = at + 2
end
local taken = {}
while at < #ARGV do
  local id, entry, line = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local was = redis.call('HGET', calls, id)
  local held = was and cjson.decode(was)
  local is_others = held and held.owner ~= me
  if is_others and not held.media and cjson.decode(entry).media then
    redis.call('XADD', mail .. held.owner, 'MAXLEN', '~', most_mail, '*', 'taken', id)
    is_others = false
  end
  if is_others then
    table.insert(taken, id)
  else
    redis.call('HSET', calls, id, entry)
    if line ~= '' then redis.call('ZADD', lines .. line, now + lease_ms, id) end
  end
  at = at + 3
end
local others = {}
local all = redis.call('ZRANGE', sessions, 0, -1, 'WITHSCORES')
for n = 1, #all, 2 do
  if string.sub(all[n], 1, #me + 1) ~= me .. '/' then table.insert(others, now - all[n + 1]) end
end
local neighbours = {}
for _, each in ipairs(redis.call('ZRANGE', replicas, 0, -1)) do
  if each ~= me then table.insert(neighbours, redis.call('HGET', places, each) or '') end
end
return {taken, others, redis.call('ZRANGEBYSCORE', replicas, '-inf', now), neighbours}
"""
)
"""Renew a replica's lease, its calls and sessions; returns the calls that others have now, how
long ago others began sessions, whose leases have run out, and who else there is, by their own
sealed word. Whoever has the media has the call: it may have come while Redis was away."""

AGAIN = """
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('XADD', KEYS[1], '*', 'version', ARGV[1]) end
"""
"""Tell a Redis that has forgotten everything; what has been told since comes before it."""

FORGET = """
local calls, over, line = KEYS[1], KEYS[2], KEYS[3]
local id, me = ARGV[1], ARGV[2]
local was = redis.call('HGET', calls, id)
if was and cjson.decode(was).owner ~= me then return end
redis.call('ZREM', line, id)
redis.call('HDEL', calls, id)
redis.call('SET', over, me, 'EX', ARGV[3])
"""
"""A call of a replica's is over, and does not begin again."""

POST = """
local was = redis.call('HGET', KEYS[1], ARGV[1])
if was then
  local owner = cjson.decode(was).owner
  redis.call('XADD', ARGV[2] .. owner, 'MAXLEN', '~', ARGV[4], '*', 'callbacks', ARGV[3])
end
"""
"""Put callbacks where the owner of a call finds them; of a call that is over, nowhere."""

INHERIT = (
    _NOW
    + """
local calls, replicas, mail, places = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local lost, me = ARGV[1], ARGV[2]
local lease = redis.call('ZSCORE', replicas, lost)
if not lease or tonumber(lease) > now then return false end
redis.call('ZREM', replicas, lost)
redis.call('DEL', mail)
redis.call('HDEL', places, lost)
local found = {}
local all = redis.call('HGETALL', calls)
for n = 1, #all, 2 do
  local held = cjson.decode(all[n + 1])
  if held.owner == lost then
    held.owner, held.media = me, true
    redis.call('HSET', calls, all[n], cjson.encode(held))
    table.insert(found, all[n])
    table.insert(found, all[n + 1])
  end
end
return found
"""
)
"""Make a replica the owner of all calls of one whose lease has run out, which only one can do.

Returns names and entries as they were; nobody can claim their media any more."""
