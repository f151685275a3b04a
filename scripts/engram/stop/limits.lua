-- Stopping rules that look at one number: time, steps, a target, divergence; and a rule that waits.

local check = require "engram.check"

local limits = {}

limits.time = check.declare {
  name = "stop.time",
  about = "Stops at the first evaluation after so much time, sittings before a resume included.",
  example = "stop.time { minutes = 30 }",
  returns = "stopping rule",
  options = {
    { "hours", kind = "number", least = 0, default = 0, about = "Hours." },
    { "minutes", kind = "number", least = 0, default = 0, about = "Minutes, added to the hours." },
    { "seconds", kind = "number", least = 0, default = 0, about = "Seconds, added to both." },
  },
  make = function(options, place)
    local limit = options.hours * 3600 + options.minutes * 60 + options.seconds
    if limit == 0 then check.fail(place, "stop.time: no time given (allowed: hours, minutes or seconds above 0)") end
    return function(h)
      return h.seconds >= limit and string.format("%.0f seconds are over, of the %.0f allowed", h.seconds, limit)
    end
  end,
}

limits.steps = check.declare {
  name = "stop.steps",
  about = "Stops at the first evaluation after so many optimizer steps.",
  example = "stop.steps { reach = 500 }",
  returns = "stopping rule",
  options = { { "reach", kind = "number", least = 1, whole = true, about = "The number of steps." } },
  make = function(options)
    return function(h)
      return h.last.step >= options.reach and "step " .. h.last.step .. " reached, of the " .. options.reach .. " allowed"
    end
  end,
}

limits.target = check.declare {
  name = "stop.target",
  about = "Stops once a metric is as good as wanted.",
  example = 'stop.target { metric = "new.accuracy", reach = 0.95 }',
  returns = "stopping rule",
  options = {
    { "metric", kind = "metric", about = "What is watched." },
    { "reach", kind = "number", about = "The value wanted, as it is measured: of a loss, at most so much." },
  },
  make = function(options)
    return function(h)
      local value = options.metric.raw(h.last)
      local reached = options.metric.falls() and value <= options.reach or
        not options.metric.falls() and value >= options.reach
      return reached and string.format("%s reached %.4g", options.metric.name, value)
    end
  end,
}

limits.divergence = check.declare {
  name = "stop.divergence",
  about = "Stops when a metric has become much worse than its best so far, the untouched model included. The newest " ..
    "evaluation is refused.",
  example = 'stop.divergence { metric = "new.loss", worse_by = 0.5 }',
  returns = "stopping rule",
  options = {
    { "metric", kind = "metric", about = "What is watched." },
    { "worse_by", kind = "number", least = 0, about = "How much worse than the best is too much." },
  },
  make = function(options)
    local metric = options.metric
    return function(h)
      local best = metric.read(h.baseline)
      for _, record in ipairs(h.history) do best = math.max(best, metric.read(record)) end
      local worse = best - metric.read(h.last)
      if worse <= options.worse_by then return false end
      local reason = string.format("%s is %.4g worse than its best, more than the %.4g allowed", metric.name, worse,
        options.worse_by)
      return { rollback = true, reason = reason }
    end
  end,
}

limits.after = check.declare {
  name = "stop.after",
  about = "Asks a rule only from some evaluation on.",
  example = "stop.after { evaluations = 4, rule = stop.patience { evaluations = 2 } }",
  returns = "stopping rule",
  options = {
    { "evaluations", kind = "number", least = 1, whole = true, about = "The first evaluation at which it is asked." },
    { "rule", kind = "function", about = "The rule." },
  },
  make = function(options)
    return function(h) return h.evaluations >= options.evaluations and options.rule(h) end
  end,
}

return limits
