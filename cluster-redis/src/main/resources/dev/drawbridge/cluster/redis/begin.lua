-- A new lease with exactly these members. ARGV: 6 length of the lease in ms, 7 limit of the groups u:, 0 for none; then for each member:
-- group, subject, display name, connection, since.
-- Returns {'ok', nodes with a lease, then the index of each that the limit refuses, from 0}. Members of the old lease count as nothing.
local presence = false
for i = 8, #ARGV, 5 do presence = presence or is_presence(ARGV[i]) end
local mine = redis.call('SMEMBERS', index_key(NODE))
if (presence or #mine > 0) and not is_open() then return CLOSED end
local gone = {}
for _, item in ipairs(mine) do
  local group, subject = string.match(item, '^([^\n]*)\n(.*)$')
  remove(group, subject, NODE, nil)
  gone[item] = true
end
for i = 8, #ARGV, 5 do gone[ARGV[i] .. '\n' .. ARGV[i + 1]] = nil end
take_lease(ARGV[6])
local refused, limit = {'ok', nodes()}, tonumber(ARGV[7])
for i = 8, #ARGV, 5 do
  local group, subject, name, connection, since = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  touch(group, subject, name, nil)
  local others = 0
  if limit > 0 and not is_presence(group) then
    for _, value in ipairs(redis.call('HVALS', group_key(group))) do others = others + living(value, NODE .. '/' .. connection) end
  end
  if limit > 0 and not is_presence(group) and others >= limit then
    refused[#refused + 1] = str((i - 8) / 5)
  else
    add(group, subject, name, NODE, connection, since)
  end
end
for _, item in ipairs(mine) do
  if gone[item] then
    local group, subject = string.match(item, '^([^\n]*)\n(.*)$')
    touch(group, subject, '""', true)
  end
end
tell()
return refused
