-- Counts a call at all its limits and budgets, or at none. One script for what asks and what tells: an answer may
-- refuse what asks; what tells is counted in any case. Serves reserve and settle.
-- ARGV: prefix, node, session, "ask", "tell" or "say", time in microseconds ("0": the server's), then the entries.
-- Times are whole microseconds and amounts whole numbers below 2^53, which this language counts exactly.

local prefix, node = ARGV[1], ARGV[2]
local asks = ARGV[4] == 'ask'
local state = redis.call('HMGET', prefix .. ':limits', 's:' .. node, 'open', 'g:' .. node, 'run')
local run = state[4] or ''
-- Who comes says what it has spent before it has joined.
if state[1] ~= ARGV[3] and not (ARGV[4] == 'say' and state[3] == ARGV[3]) then return {'stale'} end
if asks and state[2] ~= '1' then return {'closed'} end
local now = tonumber(ARGV[5])
if now == 0 then
  local t = redis.call('TIME')
  now = tonumber(t[1]) * 1000000 + tonumber(t[2])
end

local function num(v) return tonumber(v or 0) or 0 end
local function int(n) return string.format('%.0f', n) end

-- A window has sixty sub-windows, which are numbered from the epoch.
local function sub_at(us, per)
  local w = per * 1000000
  local r = math.fmod(us, w)
  return (us - r) / w * 60 + math.floor(r * 60 / w)
end
local function sub_start(sub, per)
  local j = math.fmod(sub, 60)
  return (sub - j) / 60 * per * 1000000 + math.ceil(j * per * 1000000 / 60)
end
local function place(sub) return int(math.fmod(sub, 61)) end

local function places(first, last)
  local names = {}
  for sub = first, last do names[#names + 1] = place(sub) end
  return names
end

-- The ring of 61 sub-windows, of which all are counted whole.
local function ring_of(key, per)
  local w = redis.call('HMGET', key, 'h', 's', 'k', 'm', 'f', 'd', 'l', 'z', 'u')
  local sub = sub_at(now, per)
  -- A ring knows of which run of the server it is.
  if not w[1] then
    redis.call('HSET', key, 'e', run)
    redis.call('PEXPIRE', key, int(per * 2000 + 60000))
  end
  local r = {key = key, per = per, s = num(w[2]), k = w[3], m = num(w[4]), f = num(w[5]), d = num(w[6]),
    l = num(w[7]), z = num(w[8]), u = w[9] == '1'}
  r.h = w[1] and num(w[1]) or sub
  if sub > r.h then
    local first = math.max(r.h + 1, sub - 60)
    local names = places(first, sub)
    for _, count in ipairs(redis.call('HMGET', key, unpack(names))) do r.s = r.s - num(count) end
    redis.call('HDEL', key, unpack(names))
    r.h = sub
    redis.call('HSET', key, 'h', int(r.h), 's', int(r.s))
  end
  return r
end

-- Counts from the oldest sub-window on.
local function counts(r)
  return redis.call('HMGET', r.key, unpack(places(r.h - 60, r.h)))
end

local function ring_wait(r, max, n)
  local over = r.s + n - max
  if over <= 0 then return nil end
  local all = counts(r)
  for at = 1, 61 do
    local freed = num(all[at])
    if freed >= over then return math.max(1, sub_start(r.h - 61 + at + 61, r.per) - now) end
    over = over - freed
  end
  return r.per * 1000000
end

-- When all units since a sub-window would be paid for, in nanoseconds behind `r.l`, had there been no debt before.
local function owed(r, since, pace)
  local all, units, most = counts(r), 0, -1e300
  for at = 61, 1, -1 do
    local sub, count = r.h - 61 + at, num(all[at])
    if sub < since then break end
    if count > 0 then
      units = units + count
      local taken = math.min(sub_start(sub + 1, r.per), r.l)
      most = math.max(most, (taken - r.l) * 60000 / r.per + units * pace)
    end
  end
  return most
end

local function keep(r)
  if r.k == 'f' then
    redis.call('HSET', r.key, 'k', 'f', 'm', int(r.m), 'f', int(r.f))
  elseif r.k == 'g' then
    redis.call('HSET', r.key, 'k', 'g', 'd', string.format('%.17g', r.d), 'l', int(r.l), 'z', int(r.z),
      'u', r.u and '1' or '0')
  else
    redis.call('HSET', r.key, 'k', 's')
  end
end

-- Makes the ring's judge one of that kind, with what the ring knows.
local function judge(r, kind, max)
  local pace = math.ceil(60000000000 / math.max(max, 1))
  if kind == 'f' and r.k ~= 'f' then
    r.k = 'f'
    r.m = math.floor(r.h / 60)
    r.f = 0
    local all = counts(r)
    for at = 1, 61 do
      if r.h - 61 + at >= r.m * 60 then r.f = r.f + num(all[at]) end
    end
    keep(r)
  elseif kind == 'g' and (r.k ~= 'g' or r.z ~= pace) then
    r.k, r.z, r.u, r.l = 'g', pace, false, math.max(now, sub_start(r.h, r.per))
    r.d = math.max(0, owed(r, -1e300, pace))
    keep(r)
  elseif kind == 's' and r.k ~= 's' then
    r.k = 's'
    keep(r)
  end
  if r.k == 'f' and math.floor(r.h / 60) > r.m then
    r.m, r.f = math.floor(r.h / 60), 0
  elseif r.k == 'g' and now > r.l then
    r.d = math.max(0, r.d - (now - r.l) * 60000 / r.per)
    r.l = now
  end
end

local function wait(r, max, burst, n)
  if r.k == 'f' then
    if r.f + n <= max then return nil end
    return math.max(1, (r.m + 1) * r.per * 1000000 - now)
  elseif r.k == 'g' then
    if n > max + burst or max == 0 then return r.per * 1000000 end
    local late = r.d - r.z * burst
    local paced = late > 0 and math.max(1, math.ceil(late * r.per / 60000)) or nil
    if n ~= 1 and not r.u then
      r.u = true
      keep(r)
    end
    if not r.u then return paced end
    local ringed = ring_wait(r, max + burst, n)
    if paced and ringed then return math.max(paced, ringed) end
    return paced or ringed
  end
  return ring_wait(r, max, n)
end

local function charge(r, n)
  redis.call('HINCRBY', r.key, place(r.h), int(n))
  r.s = r.s + n
  redis.call('HSET', r.key, 'h', int(r.h), 's', int(r.s))
  if r.k == 'f' then
    r.f = r.f + n
    keep(r)
  elseif r.k == 'g' then
    r.d = r.d + r.z * n
    keep(r)
  end
  redis.call('PEXPIRE', r.key, int(r.per * 2000 + 60000))
end

local function give_back(r, stamp, n)
  local sub = math.min(sub_at(stamp, r.per), r.h)
  local reaches = sub > r.h - 61
  local back = reaches and math.min(n, num(redis.call('HGET', r.key, place(sub)))) or 0
  if back > 0 then
    redis.call('HINCRBY', r.key, place(sub), int(-back))
    r.s = r.s - back
    redis.call('HSET', r.key, 's', int(r.s))
  end
  if r.k == 'f' and math.floor(sub_at(stamp, r.per) / 60) == r.m then
    r.f = math.max(0, r.f - back)
    keep(r)
  elseif r.k == 'g' then
    local refund = (r.u and not reaches) and n or back
    r.d = math.max(0, math.min(r.d, math.max(r.d - refund * r.z, owed(r, sub, r.z))))
    keep(r)
  end
end

local function left(r, max, burst)
  local reset = r.s > 0 and math.max(0, sub_start(r.h + 61, r.per) - now) or 0
  if r.k == 'f' then
    return max - r.f, r.f > 0 and (r.m + 1) * r.per * 1000000 - now or 0
  elseif r.k == 'g' then
    local n = r.u and max + burst - r.s or burst + 1 - math.ceil(r.d / r.z)
    return math.min(n, max + burst), math.ceil(r.d * r.per / 60000)
  end
  return max - r.s, reset
end

-- Each node says how much it has itself spent in a window; that only grows, so it may be said twice or late.
local function note(key, total, mine, spent)
  local more = spent - num(redis.call('HGET', key, mine))
  if more > 0 then
    redis.call('HINCRBY', key, mine, int(more))
    if redis.call('HINCRBY', key, total, int(more)) == more and total ~= 't' then
      local oldest = tonumber(string.sub(total, 3)) - 130
      for _, name in ipairs(redis.call('HKEYS', key)) do
        if tonumber(string.match(name, ':(%d+)$')) < oldest then redis.call('HDEL', key, name) end
      end
    end
  end
end

-- What a node has spent in the parts of a rolling window takes the place of what is known of that, if it is all that the
-- node knows, or if another speaks for it and knows of more.
local function replace(key, who, at, count, speaks_for)
  local said, sum, known = {}, 0, 0
  for i = 0, count - 1 do
    said[ARGV[at + 2 * i]] = num(ARGV[at + 2 * i + 1])
    sum = sum + num(ARGV[at + 2 * i + 1])
  end
  local was, flat = {}, redis.call('HGETALL', key)
  for i = 1, #flat, 2 do
    local sub = string.match(flat[i], '^n:' .. who .. ':(%d+)$')
    if sub then
      was[sub] = num(flat[i + 1])
      known = known + was[sub]
    end
  end
  if speaks_for and sum <= known then return end
  for sub, n in pairs(was) do
    if not said[sub] then
      redis.call('HINCRBY', key, 't:' .. sub, int(-n))
      redis.call('HDEL', key, 'n:' .. who .. ':' .. sub)
    end
  end
  for sub, n in pairs(said) do
    redis.call('HINCRBY', key, 't:' .. sub, int(n - (was[sub] or 0)))
    redis.call('HSET', key, 'n:' .. who .. ':' .. sub, int(n))
  end
end

-- Reads a window of a budget, notes what a node has spent in it, and tells what all have. `whole`: it is all that is
-- known of the node, and who says so: the node itself, or another.
local function window(account, at, who, whole)
  local name, ends, rolling, count = ARGV[at], ARGV[at + 1], num(ARGV[at + 2]), num(ARGV[at + 3])
  local key = prefix .. ':w:' .. account .. ':' .. name
  local spent = 0
  at = at + 4
  if rolling == 0 then
    note(key, 't', 'n:' .. who, num(ARGV[at]))
    at = at + 1
    spent = num(redis.call('HGET', key, 't'))
    -- Whoever wants it longer has his way.
    if ends ~= '0' and num(ends) - now / 1000 > redis.call('PTTL', key) then redis.call('PEXPIREAT', key, ends) end
  else
    if whole then
      replace(key, who, at, count, whole == 'another')
      at = at + 2 * count
    else
      for _ = 1, count do
        note(key, 't:' .. ARGV[at], 'n:' .. who .. ':' .. ARGV[at], num(ARGV[at + 1]))
        at = at + 2
      end
    end
    local sub, names = sub_at(now, rolling), {}
    -- The node's clock may be a little ahead.
    for i = sub - 60, sub + 1 do names[#names + 1] = 't:' .. int(i) end
    for _, n in ipairs(redis.call('HMGET', key, unpack(names))) do spent = spent + num(n) end
    redis.call('PEXPIRE', key, int(rolling * 2200))
  end
  return spent, at, name .. '|' .. ends
end

local function hold(account, n, names)
  redis.call('HINCRBY', prefix .. ':r:' .. account, 't', int(n))
  redis.call('HINCRBY', prefix .. ':n:' .. node, 'r:' .. account, int(n))
  -- For what a node leaves behind: which windows are current, and until when.
  for kind, name in pairs(names) do redis.call('HSET', prefix .. ':r:' .. account, 'w:' .. kind, name) end
end

local at, entry = 6, 0
local takes, lefts, uses, shadow = {}, {}, {}, nil
local function refuse(is_shadow, why, a, b, c)
  local found = {entry, why, int(a), int(b or 0), int(c or 0)}
  if is_shadow then shadow = shadow or found else return {'no', unpack(found)} end
end

while ARGV[at] do
  local op = ARGV[at]
  if op == 'L' then
    -- A limit: key, seconds, kind, most, burst, units, shadow.
    local r = ring_of(prefix .. ':l:' .. ARGV[at + 1], num(ARGV[at + 2]))
    local kind, max, burst, n = ARGV[at + 3], num(ARGV[at + 4]), num(ARGV[at + 5]), num(ARGV[at + 6])
    local is_shadow = ARGV[at + 7] == '1'
    judge(r, kind, max)
    local us = n > 0 and asks and wait(r, max, burst, n)
    if us then
      local no = refuse(is_shadow, 'l', us)
      if no then return no end
    end
    takes[#takes + 1] = function()
      if n > 0 then charge(r, n) end
      local some, reset = left(r, max, burst)
      lefts[#lefts + 1] = int(math.max(0, some))
      lefts[#lefts + 1] = int(math.max(0, reset))
    end
    at = at + 8
  elseif op == 'P' then
    -- Calls at the same time: key, most, shadow, how many.
    local name, n = ARGV[at + 1], num(ARGV[at + 4])
    if asks and num(redis.call('GET', prefix .. ':p:' .. name)) + n > num(ARGV[at + 2]) then
      local no = refuse(ARGV[at + 3] == '1', 'l', 1000000)
      if no then return no end
    end
    takes[#takes + 1] = function()
      redis.call('INCRBY', prefix .. ':p:' .. name, int(n))
      redis.call('HINCRBY', prefix .. ':n:' .. node, 'p:' .. name, int(n))
    end
    at = at + 5
  elseif op == 'B' then
    -- Budgets of an account: account, what to hold, how many, and for each its bound, shadow, and window, and whether
    -- something comes over from the window before: at most so much, of so much, and that window.
    local account, cost, count = ARGV[at + 1], num(ARGV[at + 2]), num(ARGV[at + 3])
    local held = num(redis.call('HGET', prefix .. ':r:' .. account, 't'))
    local names = {}
    at = at + 4
    for index = 1, count do
      local bound, is_shadow = num(ARGV[at]), ARGV[at + 1] == '1'
      local limit = bound
      local spent, next, name = window(account, at + 2, node)
      names[index] = name
      at = next + 1
      if ARGV[next] == '1' then
        local before, after = window(account, next + 3, node)
        limit = limit + math.max(0, math.min(num(ARGV[next + 1]), num(ARGV[next + 2]) - before))
        at = after
      end
      -- What came over is taken off what is used: the node knows the bound without it.
      uses[#uses + 1] = int(math.max(0, spent + held + cost - (limit - bound)))
      if asks and cost > 0 and cost > math.max(0, limit - math.min(limit, spent + held)) then
        local no = refuse(is_shadow, 'b', index - 1, spent, held)
        if no then return no end
      end
    end
    if cost ~= 0 then takes[#takes + 1] = function() hold(account, cost, names) end end
  elseif op == 'C' then
    -- What was used in any case: key, seconds, units.
    local r = ring_of(prefix .. ':l:' .. ARGV[at + 1], num(ARGV[at + 2]))
    judge(r, nil, 0)
    charge(r, num(ARGV[at + 3]))
    at = at + 4
  elseif op == 'G' then
    -- What was taken and not used: key, seconds, when, units.
    local r = ring_of(prefix .. ':l:' .. ARGV[at + 1], num(ARGV[at + 2]))
    judge(r, nil, 0)
    give_back(r, num(ARGV[at + 3]), num(ARGV[at + 4]))
    at = at + 5
  elseif op == 'H' then
    -- What the node's calls took in a window that this run of the server may not know: key, seconds, how many
    -- sub-windows, and each with its units. It may be said twice.
    local key, count = prefix .. ':l:' .. ARGV[at + 1], num(ARGV[at + 3])
    local r = ring_of(key, num(ARGV[at + 2]))
    if redis.call('HGET', key, 'e') ~= run then
      for _, name in ipairs(redis.call('HKEYS', key)) do
        if string.find(name, '^[nx]:') then redis.call('HDEL', key, name) end
      end
      redis.call('HSET', key, 'e', run)
    end
    for i = 0, count - 1 do
      -- The node's clock may be a little ahead.
      local sub, units = math.min(num(ARGV[at + 4 + 2 * i]), r.h), num(ARGV[at + 5 + 2 * i])
      local mine = 'n:' .. node .. ':' .. int(sub)
      local more = units - num(redis.call('HGET', key, mine))
      if sub > r.h - 61 and more > 0 then
        redis.call('HSET', key, mine, int(units))
        local all = redis.call('HINCRBY', key, 'x:' .. int(sub), int(more))
        -- Before calls go on, what all have said and what an older copy knows are the same units.
        if state[2] ~= '1' then more = math.max(0, all - num(redis.call('HGET', key, place(sub)))) end
        redis.call('HINCRBY', key, place(sub), int(more))
        r.s = r.s + more
      end
    end
    -- Whoever judges it next does so with all that is known then.
    redis.call('HDEL', key, 'k')
    redis.call('HSET', key, 'h', int(r.h), 's', int(r.s))
    redis.call('PEXPIRE', key, int(r.per * 2000 + 60000))
    at = at + 4 + 2 * count
  elseif op == 'Q' then
    -- A call that ran at the same time as others is over: key.
    redis.call('DECRBY', prefix .. ':p:' .. ARGV[at + 1], 1)
    if redis.call('HINCRBY', prefix .. ':n:' .. node, 'p:' .. ARGV[at + 1], -1) == 0 then
      redis.call('HDEL', prefix .. ':n:' .. node, 'p:' .. ARGV[at + 1])
    end
    at = at + 2
  elseif op == 'R' then
    -- A hold is over: account, how much.
    redis.call('HINCRBY', prefix .. ':r:' .. ARGV[at + 1], 't', '-' .. ARGV[at + 2])
    if redis.call('HINCRBY', prefix .. ':n:' .. node, 'r:' .. ARGV[at + 1], '-' .. ARGV[at + 2]) == 0 then
      redis.call('HDEL', prefix .. ':n:' .. node, 'r:' .. ARGV[at + 1])
    end
    at = at + 3
  elseif op == 'W' then
    -- What the node has spent: account, and the window.
    local _, next = window(ARGV[at + 1], at + 2, node)
    at = next
  elseif op == 'A' then
    -- The same, as all that it knows of the window.
    local _, next = window(ARGV[at + 1], at + 2, node, 'itself')
    at = next
  elseif op == 'O' then
    -- What another node has spent: node, account, and the window. Who takes part knows better.
    local who = ARGV[at + 1]
    if redis.call('HEXISTS', prefix .. ':limits', 's:' .. who) == 0 then
      local _, next = window(ARGV[at + 2], at + 3, who, 'another')
      at = next
    else
      local rolling, count = num(ARGV[at + 5]), num(ARGV[at + 6])
      at = at + 7 + (rolling == 0 and 1 or 2 * count)
    end
  else
    return redis.error_reply('ERR gatewright: unknown entry')
  end
  entry = entry + 1
end
for _, take in ipairs(takes) do take() end
return {'ok', int(now), shadow or {}, lefts, uses}
