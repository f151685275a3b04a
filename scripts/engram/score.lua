-- Scores: one number that weighs the new task against the original one. The checkpoint with the largest score is
-- kept, and stopping rules read it. Metrics are named "set.metric"; of loss, kl and drift less is better, so their
-- sign is flipped.
--
--   local score = require "engram.score"
--   score = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },

local check = require "engram.check"

local score = {}

-- gain - weight * max(0, lost - tolerance), where `lost` is what the guarded metric lost against the untouched model.
--   score.penalised { gain = "new.macro_f1", guard = "original.accuracy", tolerance = 0.01, weight = 2 }
function score.penalised(options)
  local place
  options, place = check.options("score.penalised", options, {
    gain = { kind = "string" },
    guard = { kind = "string" },
    tolerance = { kind = "number", least = 0, default = 0 },
    weight = { kind = "number", least = 0, default = 1 },
  })
  local gain = check.metric("score.penalised", "gain", options.gain, place)
  local guard = check.metric("score.penalised", "guard", options.guard, place)
  return function(m)
    local lost = guard(m.baseline) - guard(m)
    return gain(m) - options.weight * math.max(0, lost - options.tolerance)
  end
end

-- The harmonic mean of two metrics: high only when both are. Metrics from 0 to 1, such as accuracy and macro_f1.
--   score.harmonic { a = "new.accuracy", b = "original.accuracy" }
function score.harmonic(options)
  local place
  options, place = check.options("score.harmonic", options, { a = { kind = "string" }, b = { kind = "string" } })
  local first = check.metric("score.harmonic", "a", options.a, place)
  local second = check.metric("score.harmonic", "b", options.b, place)
  return function(m)
    local x, y = first(m), second(m)
    if x < 0 or y < 0 then
      error(place .. ": score.harmonic: a metric is below 0 (allowed: metrics from 0 to 1, so no loss)", 0)
    end
    return x + y > 0 and 2 * x * y / (x + y) or 0
  end
end

return score
