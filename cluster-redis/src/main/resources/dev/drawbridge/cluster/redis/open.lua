-- The state of the log for a node that reads it; opens a new epoch where continuity cannot be proved. One atomic step, so that of
-- two nodes the second finds it done.
-- ARGV: 3 epoch to use when a new one is needed, 4 epoch and 5 highest number that this node has seen ('' and 0 at its start).
-- Returns {epoch, start, top, identity, why}: why is '' where nothing had to be opened.
local head = redis.call('HMGET', HEAD, 'epoch', 'top', 'identity')
local epoch, top = head[1], tonumber(head[2] or '0')
local me = identity()
local last = redis.call('XREVRANGE', LOG, '+', '-', 'COUNT', 1)[1]
local newest = last and tonumber(string.match(last[1], '^%d+')) or 0
local why = ''
if not epoch or newest ~= top then
  why = 'log_lost'
elseif head[3] ~= me then
  why = 'engine_changed'
elseif epoch == ARGV[4] and top < tonumber(ARGV[5]) then
  why = 'head_went_back'
end
if why ~= '' then
  redis.call('DEL', LOG, HEAD)
  redis.call('HSET', HEAD, 'epoch', ARGV[3], 'top', 0, 'identity', me)
  keep()
  return {ARGV[3], '0', '0', me, why}
end
local first = redis.call('XRANGE', LOG, '-', '+', 'COUNT', 1)[1]
local start = first and tonumber(string.match(first[1], '^%d+')) - 1 or top
return {epoch, str(start), str(top), me, ''}
