-- Renews the lease, and removes one piece of what a node with an ended lease has left; the lease of that node last.
-- ARGV: 6 length of the lease in ms, 7 members of a piece, 8 how long the numbers of a node that is gone are kept in ms, 9 where to go on
-- letting the groups of this node live on ('0' at the begin, '' not now), 10 about how many of them, 11 epoch and 12 number up to which
-- this node needs no entry, 13 what this node tells of itself ('' for nothing), 14 how many nodes are listed at most.
-- Returns {'ok', members removed, '1' if there is more, nodes with a lease, where to go on with the groups, '' when all are told, then for
-- each node with a lease: its id, how long that holds in ms, what it tells of itself, '' for nothing}.
if not live(NODE) then return LOST end
take_lease(ARGV[6])
keep()
local ABOUT = PREFIX .. 'about'
if ARGV[13] and ARGV[13] ~= '' then
  redis.call('HSET', ABOUT, NODE, ARGV[13])
  redis.call('PEXPIRE', ABOUT, KEEP)
end

local function answer(removed, more, from)
  local result = {'ok', removed, more, nodes(), from}
  local found = redis.call('ZRANGEBYSCORE', LEASES, '(' .. str(ms), '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[14] or 0)
  for i = 1, #found, 2 do
    result[#result + 1] = found[i]
    result[#result + 1] = str(tonumber(found[i + 1]) - ms)
    result[#result + 1] = redis.call('HGET', ABOUT, found[i]) or ''
  end
  return result
end

-- The newest entry stays: a head without it is a log that is lost.
local head = redis.call('HMGET', HEAD, 'epoch', 'top')
if head[1] and head[1] == ARGV[11] and tonumber(ARGV[12]) > 0 then
  redis.call('XTRIM', LOG, 'MINID', '~', str(math.min(tonumber(ARGV[12]) + 1, tonumber(head[2]))) .. '-0')
end
local from = ARGV[9]
if from ~= '' then
  local piece = redis.call('SSCAN', index_key(NODE), from, 'COUNT', ARGV[10])
  for _, item in ipairs(piece[2]) do
    redis.call('PEXPIRE', group_key(string.match(item, '^[^\n]*')), KEEP)
  end
  redis.call('PEXPIRE', index_key(NODE), KEEP)
  from = piece[1] == '0' and '' or piece[1]
end
for _, node in ipairs(redis.call('ZRANGEBYSCORE', PREFIX .. 'gone', '-inf', str(ms - tonumber(ARGV[8])))) do
  if not live(node) then redis.call('HDEL', HEAD, 'n:' .. node) end
  redis.call('ZREM', PREFIX .. 'gone', node)
end
local dead = redis.call('ZRANGEBYSCORE', LEASES, '-inf', str(ms), 'LIMIT', 0, 1)[1]
if not dead or not is_open() then return answer('0', '0', from) end
if redis.call('EXISTS', before_key(dead)) == 1 then
  redis.call('SUNIONSTORE', index_key(dead), index_key(dead), before_key(dead))
  redis.call('PEXPIRE', index_key(dead), KEEP)
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
  redis.call('HDEL', ABOUT, dead)
  redis.call('ZADD', PREFIX .. 'gone', str(ms), dead)
  redis.call('PEXPIRE', PREFIX .. 'gone', KEEP)
end
return answer(str(removed), redis.call('ZCOUNT', LEASES, '-inf', str(ms)) > 0 and '1' or '0', from)
