-- Scores: one number that weighs the new task against the original one. The checkpoint with the largest score is
-- kept, and stopping rules read it. Metrics are named "set.metric"; of loss, kl and drift less is better, so their
-- sign is flipped.
--
--   local score = require "engram.score"
--   score = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },

local check = require "engram.check"

---@class engram.library.score
local score = check.topic {
  name = "score",
  about = "One number that weighs the new task against the original one; larger is better. The sign of metrics of " ..
    "which less is better (loss, kl, drift, and own ones declared so) is flipped, but for score.expression.",
}

local gain = { "gain", kind = "metric", about = "What is to be gained." }
local guard = { "guard", kind = "metric", about = "What must not be lost against the untouched model." }

local function lost(metric, m) return metric.read(m.baseline) - metric.read(m) end

score.penalised = check.declare {
  name = "score.penalised",
  about = "gain - weight * max(0, lost - tolerance), where `lost` is what the guarded metric lost against the " ..
    "untouched model.",
  example = 'score.penalised { gain = "new.macro_f1", guard = "original.accuracy", tolerance = 0.01, weight = 2 }',
  returns = "score",
  options = {
    gain, guard,
    { "tolerance", kind = "number", least = 0, default = 0, about = "What may be lost at no cost." },
    { "weight", kind = "number", least = 0, default = 1, about = "What a lost point costs, in points gained." },
  },
  make = function(options)
    return function(m)
      return options.gain.read(m) - options.weight * math.max(0, lost(options.guard, m) - options.tolerance)
    end
  end,
}

score.weighted = check.declare {
  name = "score.weighted",
  about = "The weighted mean of metrics.",
  example = 'score.weighted { ["new.accuracy"] = 2, ["original.accuracy"] = 1 }',
  returns = "score",
  names = { kind = "number", noun = "weight", least = 0, about = "The weight of each metric." },
  make = function(weights, place)
    local metrics, total = {}, 0
    for path, weight in pairs(weights) do
      metrics[#metrics + 1] = { read = check.metric("score.weighted", path, place).read, weight = weight }
      total = total + weight
    end
    if total == 0 then check.fail(place, "score.weighted: all weights are 0 (allowed: at least one above 0)") end
    return function(m)
      local sum = 0
      for _, metric in ipairs(metrics) do sum = sum + metric.weight * metric.read(m) end
      return sum / total
    end
  end,
}

score.harmonic = check.declare {
  name = "score.harmonic",
  about = "The harmonic mean of two metrics: high only when both are. Metrics from 0 to 1, such as accuracy and macro_f1.",
  example = 'score.harmonic { a = "new.accuracy", b = "original.accuracy" }',
  returns = "score",
  options = {
    { "a", kind = "metric", about = "One metric." },
    { "b", kind = "metric", about = "The other." },
  },
  make = function(options, place)
    return function(m)
      local x, y = options.a.read(m), options.b.read(m)
      if x < 0 or y < 0 then
        check.fail(place, "score.harmonic: a metric is below 0 (allowed: metrics from 0 to 1, so no loss)")
      end
      return x + y > 0 and 2 * x * y / (x + y) or 0
    end
  end,
}

score.worst_case = check.declare {
  name = "score.worst_case",
  about = "The smallest of several metrics, so that the weakest one decides.",
  example = 'score.worst_case { "new.accuracy", "original.accuracy" }',
  returns = "score",
  entries = { kind = "metric", noun = "metric", about = "The metrics." },
  make = function(metrics)
    return function(m)
      local worst = math.huge
      for _, metric in ipairs(metrics) do worst = math.min(worst, metric.read(m)) end
      return worst
    end
  end,
}

-- Below every gain, so that a checkpoint beyond the limit loses to every one within it.
local far_below = -1000

score.constrained = check.declare {
  name = "score.constrained",
  about = "The gain, as long as the guarded metric has lost no more than allowed against the untouched model; beyond " ..
    "it, -1000 less what is lost too much, so that the one nearest the limit is the best of those.",
  example = 'score.constrained { gain = "new.accuracy", guard = "original.accuracy", lose_at_most = 0.02 }',
  returns = "score",
  options = {
    gain, guard,
    { "lose_at_most", kind = "number", least = 0, about = "How much of the guarded metric may be lost." },
  },
  make = function(options)
    return function(m)
      local beyond = lost(options.guard, m) - options.lose_at_most
      return beyond > 0 and far_below - beyond or options.gain.read(m)
    end
  end,
}

score.expression = require "engram.score.expression"

return score
