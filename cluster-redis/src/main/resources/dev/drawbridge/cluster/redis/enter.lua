-- ARGV: 6 limit, 0 for none, 7 connection of the same subject whose place counts as free ('' none), then the member: 8 group, 9 subject,
-- 10 display name, 11 connection, 12 since. Returns {'ok', live others} or {'full', live others}.
if not live(NODE) then return LOST end
local limit, replaces = tonumber(ARGV[6]), ARGV[7]
local group, subject, name, connection, since = ARGV[8], ARGV[9], ARGV[10], ARGV[11], ARGV[12]
if is_presence(group) and not is_open() then return CLOSED end
touch(group, subject, name, nil)
local others, replaced = 0, nil
local all = redis.call('HGETALL', group_key(group))
for i = 1, #all, 2 do
  for node, id in string.gmatch(all[i + 1], '\n([^/\n]*)/([^/\n]*)/%d+') do
    if live(node) then
      if id == replaces and all[i] == subject then
        replaced = node
      elseif not (node == NODE and id == connection and all[i] == subject) then
        others = others + 1
      end
    end
  end
end
if limit > 0 and others >= limit then return {'full', str(others)} end
if replaced then remove(group, subject, replaced, replaces) end
add(group, subject, name, NODE, connection, since)
tell()
return {'ok', str(others)}
