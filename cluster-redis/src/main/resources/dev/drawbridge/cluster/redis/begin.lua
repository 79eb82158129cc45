-- One piece of a new lease with exactly these members. ARGV: 6 length of the lease in ms, 7 limit of the groups u:, 0 for none,
-- 8 '1' the first piece, '2' the last, '3' both, '0' one between, 9 how many are removed at most in one step; then for each member:
-- group, subject, display name, connection, since.
-- Returns {'ok', nodes with a lease, '1' if the last piece must come again without members, then the index of each that the limit
-- refuses, from 0}. Members of the old lease count as nothing: an item of theirs stands in a set of its own until this lease has it,
-- or the last piece has removed it.
local first, last = ARGV[8] == '1' or ARGV[8] == '3', ARGV[8] == '2' or ARGV[8] == '3'
local before, presence = before_key(NODE), false
for i = 10, #ARGV, 5 do presence = presence or is_presence(ARGV[i]) end
if not first and not live(NODE) then return LOST end
if (presence or redis.call('EXISTS', index_key(NODE), before) > 0) and not is_open() then return CLOSED end
if first then set_apart(NODE) end
take_lease(ARGV[6])
local result, limit = {'ok', nodes(), '0'}, tonumber(ARGV[7])
for i = 10, #ARGV, 5 do
  local group, subject, name, connection, since = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  remove_old(group, subject, NODE)
  touch(group, subject, name, nil)
  local others = 0
  if limit > 0 and not is_presence(group) then
    for _, value in ipairs(redis.call('HVALS', group_key(group))) do others = others + living(value, NODE .. '/' .. connection) end
  end
  if limit > 0 and not is_presence(group) and others >= limit then
    result[#result + 1] = str((i - 10) / 5)
  else
    add(group, subject, name, NODE, connection, since)
  end
end
if last then
  for _, item in ipairs(redis.call('SRANDMEMBER', before, ARGV[9])) do
    local group, subject = string.match(item, '^([^\n]*)\n(.*)$')
    remove_old(group, subject, NODE)
    touch(group, subject, '""', true)
  end
  if redis.call('EXISTS', before) == 1 then result[3] = '1' end
end
tell()
return result
