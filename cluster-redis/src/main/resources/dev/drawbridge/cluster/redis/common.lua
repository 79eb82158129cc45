-- In front of every script. KEYS: 1 log, 2 head, 3 leases. ARGV: 1 prefix of all keys, 2 how long keys outlive a dead deployment, in ms.
-- Numbers beyond 1e14 must be written by str(): Lua's own way ends in an exponent.
local LOG, HEAD, LEASES = KEYS[1], KEYS[2], KEYS[3]
local PREFIX, KEEP = ARGV[1], ARGV[2]

local function str(number)
  return string.format('%.0f', number)
end

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Of the process that executes this call: read each time, for a proxy or a failover may change it under a living connection.
local function identity()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
    .. '/' .. string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end

-- Adds one entry and gives its number; fields as pairs.
local function add_entry(epoch, top, maxlen, ...)
  top = top + 1
  redis.call('XADD', LOG, 'MAXLEN', '~', maxlen, str(top) .. '-0', 'e', epoch, ...)
  return top
end

local function keep()
  redis.call('PEXPIRE', LOG, KEEP)
  redis.call('PEXPIRE', HEAD, KEEP)
end
