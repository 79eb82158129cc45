-- ARGV: 6 group, 7 most subjects. Returns {'ok', top, subjects in all, then for each: subject, display name, since, connections}, in the
-- order of their coming.
local all, found = redis.call('HGETALL', group_key(ARGV[6])), {}
for i = 1, #all, 2 do
  local count, since = living(all[i + 1], '')
  if count > 0 then
    found[#found + 1] = {at = i, since = since, subject = all[i], name = string.match(all[i + 1], '^[^\n]*'), count = count}
  end
end
table.sort(found, function(a, b)
  if a.since ~= b.since then return a.since < b.since end
  return a.at < b.at
end)
local result = {'ok', redis.call('HGET', HEAD, 'top') or '0', str(#found)}
for i = 1, math.min(#found, tonumber(ARGV[7])) do
  local one = found[i]
  result[#result + 1] = one.subject
  result[#result + 1] = one.name
  result[#result + 1] = str(one.since)
  result[#result + 1] = str(one.count)
end
return result
