-- In front of the scripts of the roster, behind common.lua. ARGV: 3 node, 4 names that a presence entry lists at most, 5 entries to hold.
-- A group is a hash: field = subject as JSON, value = display name as JSON, then a line 'node/connection/since' for each connection.
-- JSON has no line breaks, ids have neither those nor slashes. The index of a node is a set of 'group\nsubject'.
local NODE, LISTED, MAXLEN = ARGV[3], tonumber(ARGV[4]), ARGV[5]
local ms = clock()
local leases = {}

local function live(node)
  if leases[node] == nil then
    local ends = redis.call('ZSCORE', LEASES, node)
    leases[node] = ends and tonumber(ends) > ms or false
  end
  return leases[node]
end

local function take_lease(length)
  redis.call('ZADD', LEASES, str(ms + tonumber(length)), NODE)
  redis.call('PEXPIRE', LEASES, KEEP)
  -- A node that was given up and wakes needs its number again.
  redis.call('ZREM', PREFIX .. 'gone', NODE)
  leases[NODE] = true
end

-- How many nodes have a lease that has not ended.
local function nodes()
  return str(redis.call('ZCOUNT', LEASES, '(' .. str(ms), '+inf'))
end

local function is_presence(group)
  return string.sub(group, 1, 2) == 'c:'
end

local function group_key(group)
  return PREFIX .. 'g:' .. group
end

local function index_key(node)
  return PREFIX .. 'n:' .. node
end

-- What a node had under its old lease, as its index, while it begins anew in several steps.
local function before_key(node)
  return PREFIX .. 'b:' .. node
end

-- Moves the index there; what an interrupted beginning has left there stays.
local function set_apart(node)
  local before, index = before_key(node), index_key(node)
  if redis.call('EXISTS', before) == 1 then
    redis.call('SUNIONSTORE', before, before, index)
    redis.call('DEL', index)
  elseif redis.call('EXISTS', index) == 1 then
    redis.call('RENAME', index, before)
  end
  redis.call('PEXPIRE', before, KEEP)
end

-- How many live connections a value names, besides one line ('' for none); and since when, of the oldest.
local function living(value, except)
  local count, oldest = 0, nil
  for node, connection, since in string.gmatch(value, '\n([^/\n]*)/([^/\n]*)/(%d+)') do
    if live(node) and node .. '/' .. connection ~= except then
      count = count + 1
      if not oldest or tonumber(since) < oldest then oldest = tonumber(since) end
    end
  end
  return count, oldest
end

local function is_there(group, subject)
  local value = redis.call('HGET', group_key(group), subject)
  return value and living(value, '') > 0 or false
end

-- Different subjects in a group. Without ended leases each field is one.
local function subjects(group)
  if redis.call('ZCOUNT', LEASES, '-inf', str(ms)) == 0 then
    return redis.call('HLEN', group_key(group))
  end
  local count = 0
  for _, value in ipairs(redis.call('HVALS', group_key(group))) do
    if living(value, '') > 0 then count = count + 1 end
  end
  return count
end

-- Takes out one connection of a node, or all of them when it is nil; gives how many. What the group has lost, by eviction or by
-- somebody's hand, leaves the index all the same: an index that does not empty would keep its dead node, and all behind it.
local function remove(group, subject, node, connection)
  local key = group_key(group)
  local value = redis.call('HGET', key, subject)
  if not value then
    redis.call('SREM', index_key(node), group .. '\n' .. subject)
    return 0
  end
  local lines, own, gone = {}, false, 0
  for one, id, since in string.gmatch(value, '\n([^/\n]*)/([^/\n]*)/(%d+)') do
    if one ~= node or (connection and id ~= connection) then
      lines[#lines + 1] = '\n' .. one .. '/' .. id .. '/' .. since
      own = own or one == node
    else
      gone = gone + 1
    end
  end
  if #lines == 0 then
    redis.call('HDEL', key, subject)
  else
    redis.call('HSET', key, subject, string.match(value, '^[^\n]*') .. table.concat(lines))
  end
  if not own then redis.call('SREM', index_key(node), group .. '\n' .. subject) end
  return gone
end

-- Takes out what the node had there under its old lease, once.
local function remove_old(group, subject, node)
  if redis.call('SREM', before_key(node), group .. '\n' .. subject) == 1 then
    remove(group, subject, node, nil)
  end
end

local function add(group, subject, name, node, connection, since)
  remove_old(group, subject, node)
  local key = group_key(group)
  local value = redis.call('HGET', key, subject)
  local line = '\n' .. node .. '/' .. connection .. '/'
  if not value then
    redis.call('HSET', key, subject, name .. line .. since)
  elseif not string.find(value, line, 1, true) then
    redis.call('HSET', key, subject, name .. string.match(value, '\n.*$') .. line .. since)
  end
  redis.call('PEXPIRE', key, KEEP)
  redis.call('SADD', index_key(node), group .. '\n' .. subject)
  redis.call('PEXPIRE', index_key(node), KEEP)
end

-- Who was in the channels before the step; told at its end by tell().
local order, touched = {}, {}

local function touch(group, subject, name, was)
  if not is_presence(group) then return end
  local of = touched[group]
  if not of then
    of = {order = {}, was = {}, name = {}}
    touched[group] = of
    order[#order + 1] = group
  end
  if of.was[subject] == nil then
    of.order[#of.order + 1] = subject
    if was == nil then was = is_there(group, subject) end
    of.was[subject] = was
  end
  of.name[subject] = name
end

-- False where the log cannot take presence entries because the tail must open it again.
local function is_open()
  local head = redis.call('HMGET', HEAD, 'epoch', 'identity')
  return head[1] and head[2] == identity()
end

-- Appends what has changed, one entry for each channel.
local function tell()
  if #order == 0 then return end
  local head = redis.call('HMGET', HEAD, 'epoch', 'top')
  local epoch, top, at = head[1], tonumber(head[2]), str(ms)
  for _, group in ipairs(order) do
    local of, joined, left = touched[group], {}, {}
    for _, subject in ipairs(of.order) do
      local is = is_there(group, subject)
      if is and not of.was[subject] then
        joined[#joined + 1] = '{"subject":' .. subject .. ',"displayName":' .. of.name[subject] .. '}'
      elseif not is and of.was[subject] then
        left[#left + 1] = subject
      end
    end
    if #joined + #left > 0 then
      local channel = string.sub(group, 3)
      local names = '"partial":true,'
      if #joined + #left <= LISTED then
        names = '"joined":[' .. table.concat(joined, ',') .. '],"left":[' .. table.concat(left, ',') .. '],'
      end
      local text = '{"type":"presence","channel":"' .. channel .. '","seq":,"data":{' .. names
        .. '"count":' .. subjects(group) .. '}}'
      top = add_entry(epoch, top, MAXLEN, 'w', NODE, 'n', 0, 'a', at, 'v', 1, 'k', 'presence', 'c', channel, 't', 'presence', 'd', text)
    end
  end
  redis.call('HSET', HEAD, 'top', str(top))
  keep()
end

local LOST, CLOSED = {'lost'}, {'closed'}
