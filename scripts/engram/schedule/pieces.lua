-- Schedules made of others: piecewise, sequence, product and each.

local check = require "engram.check"
local own = require "engram.check.own"

local pieces = {}

-- { { at, factor }, ... } checked: two numbers each, `at` rising.
local function checked_points(points, place)
  if #points == 0 then check.fail(place, "schedule.piecewise: no points (allowed: points such as { 0.5, 0.1 })") end
  local before = -math.huge
  for i, point in ipairs(points) do
    local at, factor = nil, nil
    if type(point) == "table" then at, factor = point[1], point[2] end
    if type(at) ~= "number" or type(factor) ~= "number" or not (at >= 0 and factor >= 0) then
      check.fail(place, "schedule.piecewise: point " .. i .. " is not { where, factor } (allowed: two numbers from 0 on)")
    end
    if at <= before then
      check.fail(place, "schedule.piecewise: point " .. i .. " is at " .. at .. ", after one at " .. before ..
        " (allowed: rising places)")
    end
    before = at
  end
  return points
end

pieces.piecewise = check.declare {
  name = "schedule.piecewise",
  about = "Goes through the points given, in straight lines or in steps; constant before the first and after the last.",
  example = "schedule.piecewise { points = { { 0, 0.1 }, { 0.2, 1 }, { 1, 0 } } }",
  returns = "schedule",
  options = {
    { "points", kind = "list", about = "Pairs of a place and the factor there, such as { 0.5, 0.1 }." },
    { "unit", kind = "string", one_of = { "share", "steps", "epochs" }, default = "share",
      about = "What places are counted in; share: 1 is the end of the run." },
    { "between", kind = "string", one_of = { "lines", "steps" }, default = "lines",
      about = "Straight lines between points, or the last point's factor until the next." },
  },
  make = function(options, place)
    local points = checked_points(options.points, place)
    local here = {
      share = function(s) return s.step / math.max(1, s.steps) end,
      steps = function(s) return s.step end,
      epochs = function(s) return s.epoch end,
    }
    return function(s)
      local at = here[options.unit](s)
      if at <= points[1][1] then return points[1][2] end
      for i = 2, #points do
        local from, to = points[i - 1], points[i]
        if at < to[1] then
          if options.between == "steps" then return from[2] end
          return from[2] + (to[2] - from[2]) * (at - from[1]) / (to[1] - from[1])
        end
      end
      return points[#points][2]
    end
  end,
}

local part_form = "{ share = 0.1, schedule } or { steps = 100, schedule }"

local function checked_parts(parts, place)
  for i, part in ipairs(parts) do
    local length = part.steps or part.share
    local last = i == #parts
    local fault
    if type(part[1]) ~= "function" then
      fault = "has no schedule (allowed: " .. part_form .. ")"
    elseif part.steps ~= nil and part.share ~= nil then
      fault = "has both steps and share (allowed: one of them)"
    elseif length == nil and not last then
      fault = "has no length (allowed: " .. part_form .. "; only the last part may leave it out)"
    elseif length ~= nil and (type(length) ~= "number" or not (length > 0)) then
      fault = "has the length " .. tostring(length) .. " (allowed: a number above 0)"
    end
    for key in pairs(part) do
      if key ~= 1 and key ~= "steps" and key ~= "share" then
        fault = "has an unknown entry '" .. tostring(key) .. "' (allowed: " .. part_form .. ")"
      end
    end
    if fault then check.fail(place, "schedule.sequence: part " .. i .. " " .. fault) end
  end
  return parts
end

pieces.sequence = check.declare {
  name = "schedule.sequence",
  about = "One schedule after the other. Each sees its own part as if it were the whole run: s.step from 0, s.steps its " ..
    "length. The last part may leave out its length.",
  example = "schedule.sequence { { share = 0.3, schedule.constant() }, { schedule.cosine() } }",
  returns = "schedule",
  entries = { kind = "list", noun = "part", about = "Parts: a schedule and its share of all steps, or its steps." },
  make = function(parts, place)
    checked_parts(parts, place)
    return function(s)
      local start = 0
      for i, part in ipairs(parts) do
        local length = part.steps or part.share and math.ceil(part.share * s.steps) or s.steps - start
        if s.step < start + length or i == #parts then
          return own.call(part[1], s, i, { step = s.step - start, steps = length })
        end
        start = start + length
      end
    end
  end,
}

pieces.product = check.declare {
  name = "schedule.product",
  about = "The product of several schedules' factors.",
  example = 'schedule.product { schedule.linear { warmup = 0.1 }, schedule.plateau { metric = "new.loss" } }',
  returns = "schedule",
  entries = { kind = "function", noun = "schedule", about = "Schedules, your own ones included." },
  make = function(factors, place)
    return function(s)
      local product = 1
      for i, factor in ipairs(factors) do
        local value = own.call(factor, s, i)
        if type(value) ~= "number" then
          check.fail(place, "schedule.product: schedule " .. i .. " gives a " .. type(value) .. " (allowed: a number)")
        end
        product = product * value
      end
      return product
    end
  end,
}

pieces.each = check.declare {
  name = "schedule.each",
  about = "A schedule for each number: lr is the learning rate, \"ewc.lambda\" the setting of a strategy; each is a " ..
    "factor of what the recipe says.",
  example = 'schedule.each { lr = schedule.linear { warmup = 0.1 }, ["ewc.lambda"] = schedule.constant { warmup = 100 } }',
  returns = "schedule",
  names = { kind = "function", noun = "schedule", about = "The schedule of each number." },
  make = function(schedules)
    local names = {}
    for name in pairs(schedules) do names[#names + 1] = name end
    return function(s)
      local factors = {}
      for _, name in ipairs(names) do factors[name] = own.call(schedules[name], s, name) end
      return factors
    end
  end,
}

return pieces
