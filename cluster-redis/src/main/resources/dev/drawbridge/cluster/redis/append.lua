-- Appends in order, all or nothing: every write of a script that has begun is done.
-- ARGV: 3 epoch and 4 highest number that this node has seen, 5 entries to hold, 6 node, 7 how long keys are known in ms, 8 the same for
-- keys of the outbox; then for each entry: n, version, kind, channel, type, key ('' none), text.
-- Returns {epoch, top}, or {epoch, '-1'} when nothing was appended and the tail must open again.
-- An n that is not above the last of this node is in the log already; a known key gives an entry that only says so.
local node = ARGV[6]
local head = redis.call('HMGET', HEAD, 'epoch', 'top', 'identity', 'n:' .. node)
local epoch, top, last = head[1], tonumber(head[2] or '0'), tonumber(head[4] or '0')
if epoch ~= ARGV[3] or top < tonumber(ARGV[4]) or head[3] ~= identity() then
  return {epoch or '', '-1'}
end
local at = str(clock())
for i = 9, #ARGV, 7 do
  local n, version, kind, channel, type, key, text =
    ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5], ARGV[i + 6]
  if tonumber(n) > last then
    last = tonumber(n)
    local first = false
    if key ~= '' then
      local name = PREFIX .. 'k:' .. epoch .. ':' .. key
      first = redis.call('GET', name)
      if not first then
        redis.call('SET', name, str(top + 1), 'PX', string.sub(key, 1, 2) == 'o:' and ARGV[8] or ARGV[7])
      end
    end
    if first then
      top = add_entry(epoch, top, ARGV[5], 'w', node, 'n', n, 'a', at, 'v', version, 'k', kind, 'c', channel, 't', type, 'q', key, 'r', first)
    elseif key ~= '' then
      top = add_entry(epoch, top, ARGV[5], 'w', node, 'n', n, 'a', at, 'v', version, 'k', kind, 'c', channel, 't', type, 'q', key, 'd', text)
    else
      top = add_entry(epoch, top, ARGV[5], 'w', node, 'n', n, 'a', at, 'v', version, 'k', kind, 'c', channel, 't', type, 'd', text)
    end
  end
end
redis.call('HSET', HEAD, 'top', str(top), 'n:' .. node, str(last))
keep()
return {epoch, str(top)}
