-- ARGV from 6 on, for each change: '1' enters or '0' leaves, group, subject, display name, connection, since.
if not live(NODE) then return LOST end
local presence = false
for i = 6, #ARGV, 6 do presence = presence or is_presence(ARGV[i + 1]) end
if presence and not is_open() then return CLOSED end
for i = 6, #ARGV, 6 do
  local enters, group, subject, name, connection, since =
    ARGV[i] == '1', ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  touch(group, subject, name, nil)
  if enters then
    add(group, subject, name, NODE, connection, since)
  else
    remove(group, subject, NODE, connection)
  end
end
tell()
return {'ok'}
