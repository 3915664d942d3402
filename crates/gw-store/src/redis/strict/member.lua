-- Who takes part: a gateway comes, says what its calls hold, and says again and again that it is there. Whoever is
-- silent for too long has what its calls hold charged by the first that notices; a script is one step, so it is charged
-- once. ARGV: prefix, node, what to do, and what that needs.

local prefix, node, what = ARGV[1], ARGV[2], ARGV[3]
local limits, live = prefix .. ':limits', prefix .. ':live'
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local function num(v) return tonumber(v or 0) or 0 end
local function int(n) return string.format('%.0f', n) end

local function pairs_of(key)
  local flat, at = redis.call('HGETALL', key), -1
  return function()
    at = at + 2
    return flat[at], flat[at + 1]
  end
end

-- Takes away what a node's calls hold.
local function let_go(who, each)
  for name, n in pairs_of(prefix .. ':n:' .. who) do
    local rest = string.sub(name, 3)
    if string.sub(name, 1, 2) == 'r:' then
      redis.call('HINCRBY', prefix .. ':r:' .. rest, 't', int(-num(n)))
      if each and num(n) > 0 then each(rest, num(n)) end
    else
      redis.call('INCRBY', prefix .. ':p:' .. rest, int(-num(n)))
    end
  end
  redis.call('DEL', prefix .. ':n:' .. who)
end

local function bury(who)
  let_go(who, function(account, n)
    for field, current in pairs_of(prefix .. ':r:' .. account) do
      local name, ends = string.match(current, '^(.*)|(%d+)$')
      if string.sub(field, 1, 2) == 'w:' and (ends == '0' or num(ends) * 1000 > now) then
        local key, total = prefix .. ':w:' .. account .. ':' .. name, 't'
        local rolling = string.match(name, '^r(%d+)$')
        if rolling then total = 't:' .. int(math.floor(now * 60 / (tonumber(rolling) * 1000000))) end
        redis.call('HINCRBY', key, total, int(n))
        redis.call('HINCRBY', prefix .. ':x:' .. who, key .. '|' .. total, int(n))
        if ends ~= '0' then redis.call('PEXPIREAT', key, ends) end
        if rolling then redis.call('PEXPIRE', key, int(rolling * 2200)) end
      end
    end
  end)
  redis.call('HDEL', limits, 's:' .. who, 'e:' .. who)
  redis.call('ZREM', live, who)
end

-- Limits hold again once all who are known to live have said what they know.
local function try_open(dead_us, grace_us)
  local s = redis.call('HMGET', limits, 'open', 'since')
  if s[1] == '1' then return 1 end
  local waited = now - num(s[2])
  if waited < dead_us then
    if waited < grace_us then return 0 end
    local members = redis.call('ZRANGE', live, 0, -1)
    for name in pairs_of(limits) do
      if string.sub(name, 1, 2) == 'e:' then members[#members + 1] = string.sub(name, 3) end
    end
    for _, who in ipairs(members) do
      if redis.call('HEXISTS', limits, 's:' .. who) == 0 then return 0 end
    end
  end
  redis.call('HSET', limits, 'open', '1')
  return 1
end

if what == 'hello' then
  -- The server's run, then the nodes that this one knows. Answers with the session, and whether it was told what those
  -- spent that may be gone.
  local known = redis.call('HGET', limits, 'run')
  if known ~= ARGV[4] then
    -- Nothing is known here, or not the latest.
    redis.call('DEL', limits)
    redis.call('HSET', limits, 'run', ARGV[4], 'since', int(now))
  end
  if redis.call('HGET', limits, 'open') ~= '1' then
    for at = 5, #ARGV do redis.call('HSET', limits, 'e:' .. ARGV[at], '1') end
  end
  redis.call('ZADD', live, int(now), node)
  local session = redis.call('INCR', prefix .. ':session')
  redis.call('HSET', limits, 'g:' .. node, int(session))
  return {int(session), redis.call('HEXISTS', limits, 'others')}
elseif what == 'join' then
  -- The session, whether it was told what others spent, then what is held: names and amounts.
  let_go(node)
  for key, n in pairs_of(prefix .. ':x:' .. node) do
    local name, total = string.match(key, '^(.*)|(t[:%d]*)$')
    if redis.call('EXISTS', name) == 1 then redis.call('HINCRBY', name, total, int(-num(n))) end
  end
  redis.call('DEL', prefix .. ':x:' .. node)
  if ARGV[5] == '1' then redis.call('HSET', limits, 'others', '1') end
  for at = 6, #ARGV, 2 do
    local rest = string.sub(ARGV[at], 3)
    if string.sub(ARGV[at], 1, 2) == 'r:' then
      redis.call('HINCRBY', prefix .. ':r:' .. rest, 't', ARGV[at + 1])
    else
      redis.call('INCRBY', prefix .. ':p:' .. rest, ARGV[at + 1])
    end
    redis.call('HSET', prefix .. ':n:' .. node, ARGV[at], ARGV[at + 1])
  end
  redis.call('HSET', limits, 's:' .. node, ARGV[4])
  redis.call('HDEL', limits, 'g:' .. node)
  return 1
end
if what == 'bye' then
  -- The session. Who leaves holds behind is as good as dead, later.
  if redis.call('HGET', limits, 's:' .. node) == ARGV[4] and redis.call('EXISTS', prefix .. ':n:' .. node) == 0 then
    redis.call('HDEL', limits, 's:' .. node, 'e:' .. node)
    redis.call('ZREM', live, node)
  end
  return 1
end
-- A beat: the session, after how long one is dead, and how long others may take to come.
if redis.call('HGET', limits, 's:' .. node) ~= ARGV[4] then return {'stale'} end
redis.call('ZADD', live, int(now), node)
for _, who in ipairs(redis.call('ZRANGEBYSCORE', live, '-inf', int(now - num(ARGV[5])))) do bury(who) end
return {'ok', try_open(num(ARGV[5]), num(ARGV[6])), redis.call('ZRANGE', live, 0, -1)}
