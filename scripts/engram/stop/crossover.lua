-- stop.crossover: the point where the new task is paid for with more than it gives. Definitions as in the report:
-- gained = (new - floor) / (reference - floor); retained = 1 - (untouched - original) / (untouched - floor).

local check = require "engram.check"

-- { step =, gained =, retained = } per evaluation; nil when the untouched model is not above the floor.
local function shares(h, options)
  local new, original = options.new, options.original
  local sign = original.falls() and -1 or 1
  local floor = sign * options.original_floor
  local untouched = original.read(h.baseline)
  if untouched <= floor then return nil end
  local new_sign = new.falls() and -1 or 1
  local new_floor, reference = new_sign * options.new_floor, new_sign * options.new_reference
  local series = {}
  for i, record in ipairs(h.history) do
    series[i] = {
      step = record.step,
      gained = (new.read(record) - new_floor) / (reference - new_floor),
      retained = 1 - (untouched - original.read(record)) / (untouched - floor),
    }
  end
  return series
end

-- Where a line from `before` to `after` (not above 0) meets 0; at its start where `before` is not above 0 either.
local function meets_zero(from, before, to, after)
  local above = math.max(0, before)
  return above == 0 and from.step or from.step + above / (above - after) * (to.step - from.step)
end

local find = {}

-- The first point where the retained share falls to the gained one.
function find.level(series, margin)
  for i, now in ipairs(series) do
    local ahead = now.retained - now.gained
    if ahead <= -margin then
      local from = series[i - 1]
      return from and meets_zero(from, from.retained - from.gained, now, ahead) or now.step
    end
  end
end

-- The first point where more was lost than learnt since the last evaluation.
function find.marginal(series, margin)
  local before = 0
  for i = 2, #series do
    local from, now = series[i - 1], series[i]
    local worth = (now.gained - from.gained) - (from.retained - now.retained)
    if worth < -margin then return i == 2 and now.step or meets_zero(from, before, now, worth) end
    before = worth
  end
end

return check.declare {
  name = "stop.crossover",
  about = "Stops where gain is paid for with loss. marginal: more was lost than learnt since the last evaluation; " ..
    "level: the retained share of the original task has fallen to the gained share of the new one.",
  example = 'stop.crossover { new = "new.accuracy", original = "original.accuracy", margin = 0.02 }',
  returns = "stopping rule",
  options = {
    { "kind", kind = "string", one_of = { "marginal", "level" }, default = "marginal", about = "Which crossover." },
    { "new", kind = "metric", about = "What stands for the new task." },
    { "original", kind = "metric", about = "What stands for the original task." },
    { "new_floor", kind = "number", default = 0, about = "What guessing reaches on the new task." },
    { "new_reference", kind = "number", default = 1, about = "What counts as having learnt it." },
    { "original_floor", kind = "number", default = 0, about = "What guessing reaches on the original task." },
    { "margin", kind = "number", least = 0, default = 0,
      about = "By how much, in shares, loss must exceed gain: what chance moves in small evaluation sets." },
  },
  make = function(options, place)
    if options.new_reference == options.new_floor then
      check.fail(place, "stop.crossover: new_reference is the same as new_floor (allowed: two different numbers)")
    end
    return function(h)
      local series = shares(h, options)
      local step = series and find[options.kind](series, options.margin)
      if not step then return false end
      local last = series[#series]
      return string.format("the %s crossover is at step %.4g: now %.1f %% gained, %.1f %% retained", options.kind, step,
        100 * last.gained, 100 * last.retained)
    end
  end,
}
