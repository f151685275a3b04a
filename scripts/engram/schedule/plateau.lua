-- schedule.plateau: the rate is cut when a metric no longer improves. The rules are those of torch's ReduceLROnPlateau,
-- stepped at each evaluation, but that a cut is made however small it is.

local check = require "engram.check"
local span = require "engram.schedule.span"

-- Whether `value` beats `best` by the threshold.
local function better(value, best, options, falls)
  if best == nil then return true end
  local sign = falls and -1 or 1
  if options.threshold_mode == "absolute" then return sign * value > sign * best + options.threshold end
  return sign * value > sign * (best * (1 + sign * options.threshold))
end

-- The factor after all evaluations so far. It is worked out anew from the whole history, because an evaluation that a
-- rule refused leaves it again; s.state only saves that work between evaluations.
local function factor_after(history, options)
  local metric = options.metric
  local falls = metric and metric.falls()
  local best, waited, resting, factor = nil, 0, 0, 1
  for _, record in ipairs(history) do
    local value = metric and metric.raw(record) or record.score
    if better(value, best, options, falls) then
      best, waited = value, 0
    else
      waited = waited + 1
    end
    if resting > 0 then
      resting, waited = resting - 1, 0
    end
    if waited > options.patience then
      factor = math.max(factor * options.cut, options.final)
      waited, resting = 0, options.cooldown
    end
  end
  return factor
end

return check.declare {
  name = "schedule.plateau",
  about = "Cuts the rate when a metric has not improved for more than `patience` evaluations.",
  example = 'schedule.plateau { metric = "new.loss", patience = 2, cut = 0.5 }',
  returns = "schedule",
  options = {
    { "metric", kind = "metric", optional = true, about = "What is watched; left out: the score." },
    { "patience", kind = "number", least = 0, whole = true, default = 10,
      about = "Evaluations without improvement that are borne; the next one cuts." },
    { "cut", kind = "number", least = 0, most = 1, default = 0.1, about = "What the rate is multiplied by." },
    { "threshold", kind = "number", least = 0, default = 1e-4, about = "How much better than the best counts." },
    { "threshold_mode", kind = "string", one_of = { "relative", "absolute" }, default = "relative",
      about = "Whether the threshold is a share of the best or an amount." },
    { "cooldown", kind = "number", least = 0, whole = true, default = 0,
      about = "Evaluations after a cut that do not count." },
    { "warmup", kind = "number", least = 0, default = 0, about = "Length of a linear rise from 0." },
    { "final", kind = "number", least = 0, most = 1, default = 0, about = "The factor is never cut below it." },
  },
  make = function(options)
    return function(s)
      local length = span.steps(options.warmup, s.steps)
      local rise = s.step < length and s.step / length or 1
      local state = s.state
      if state.evaluations ~= s.evaluations then
        state.evaluations, state.factor = s.evaluations, factor_after(s.history, options)
      end
      return rise * state.factor
    end
  end,
}
