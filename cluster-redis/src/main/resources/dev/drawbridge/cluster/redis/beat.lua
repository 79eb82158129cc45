-- Renews the lease, and removes one piece of what a node with an ended lease has left; the lease of that node last.
-- ARGV: 6 length of the lease in ms, 7 members of a piece, 8 how long the numbers of a node that is gone are kept in ms, 9 '1' to let
-- the groups of this node live on, 10 epoch and 11 number up to which this node needs no entry.
-- Returns {'ok', members removed, '1' if there is more, nodes with a lease}.
if not live(NODE) then return LOST end
take_lease(ARGV[6])
keep()
-- The newest entry stays: a head without it is a log that is lost.
local head = redis.call('HMGET', HEAD, 'epoch', 'top')
if head[1] and head[1] == ARGV[10] and tonumber(ARGV[11]) > 0 then
  redis.call('XTRIM', LOG, 'MINID', '~', str(math.min(tonumber(ARGV[11]) + 1, tonumber(head[2]))) .. '-0')
end
if ARGV[9] == '1' then
  for _, item in ipairs(redis.call('SMEMBERS', index_key(NODE))) do
    redis.call('PEXPIRE', group_key(string.match(item, '^[^\n]*')), KEEP)
  end
  redis.call('PEXPIRE', index_key(NODE), KEEP)
end
for _, node in ipairs(redis.call('ZRANGEBYSCORE', PREFIX .. 'gone', '-inf', str(ms - tonumber(ARGV[8])))) do
  redis.call('HDEL', HEAD, 'n:' .. node)
  redis.call('ZREM', PREFIX .. 'gone', node)
end
local dead = redis.call('ZRANGEBYSCORE', LEASES, '-inf', str(ms), 'LIMIT', 0, 1)[1]
if not dead or not is_open() then return {'ok', '0', '0', nodes()} end
if redis.call('EXISTS', before_key(dead)) == 1 then
  redis.call('SUNIONSTORE', index_key(dead), index_key(dead), before_key(dead))
  redis.call('DEL', before_key(dead))
end
local removed = 0
local items = redis.call('SRANDMEMBER', index_key(dead), ARGV[7])
for _, item in ipairs(items) do
  local group, subject = string.match(item, '^([^\n]*)\n(.*)$')
  touch(group, subject, '""', true)
  removed = removed + remove(group, subject, dead, nil)
end
tell()
if redis.call('SCARD', index_key(dead)) == 0 then
  redis.call('ZREM', LEASES, dead)
  redis.call('ZADD', PREFIX .. 'gone', str(ms), dead)
  redis.call('PEXPIRE', PREFIX .. 'gone', KEEP)
end
return {'ok', str(removed), redis.call('ZCOUNT', LEASES, '-inf', str(ms)) > 0 and '1' or '0', nodes()}
