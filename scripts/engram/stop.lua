-- Stopping rules, asked after each evaluation. A rule is a function of `h` that returns false to go on, a reason to
-- stop, or { rollback = true, reason = ... } to refuse the newest evaluation and end with the best one before it; with
-- cut = 0.5 beside it, the run goes on from the last saved state before it, at half the rate.
--
--   local stop = require "engram.stop"
--   stop = stop.any {
--     stop.patience { evaluations = 3 },
--     stop.budget { metric = "original.accuracy", lose_at_most = 0.03 },
--   },

local check = require "engram.check"
local own = require "engram.check.own"

---@class engram.library.stop
local stop = check.topic {
  name = "stop",
  about = "When a run ends before its last step. Rules are asked after each evaluation.",
}

stop.any = check.declare {
  name = "stop.any",
  about = "Stops as soon as one of the rules does, with the reason of the first.",
  example = 'stop.any { stop.patience { evaluations = 3 }, stop.time { minutes = 30 } }',
  returns = "stopping rule",
  entries = { kind = "function", noun = "rule", about = "Rules, your own ones included." },
  make = function(rules)
    return function(h)
      for i, rule in ipairs(rules) do
        local verdict = own.call(rule, h, i)
        if verdict then return verdict end
      end
      return false
    end
  end,
}

-- The reason in what a rule returned, nil when it wants to go on; or what is wrong with it.
local function reason_of(verdict)
  if not verdict then return nil end
  local reason = type(verdict) == "table" and verdict.reason or verdict
  if type(reason) ~= "string" then
    return nil, "gives no reason (allowed: false, a reason, or { rollback = true, reason = \"...\" })"
  end
  if type(verdict) == "table" and verdict.cut then
    return nil, "cuts the rate, which cannot wait for other rules (allowed: a budget without cut, or stop.any)"
  end
  return reason
end

stop.all = check.declare {
  name = "stop.all",
  about = "Stops when all rules want to at the same evaluation; rolls back when one of them wants to.",
  example = 'stop.all { stop.steps { reach = 200 }, stop.patience { evaluations = 2 } }',
  returns = "stopping rule",
  entries = { kind = "function", noun = "rule", about = "Rules, your own ones included." },
  make = function(rules, place)
    return function(h)
      local reasons, rollback = {}, false
      for i, rule in ipairs(rules) do
        local verdict = own.call(rule, h, i)
        local reason, fault = reason_of(verdict)
        if fault then check.fail(place, "stop.all: rule " .. i .. " " .. fault) end
        reasons[#reasons + 1] = reason
        rollback = rollback or type(verdict) == "table" and verdict.rollback or false
      end
      if #reasons < #rules then return false end
      local reason = table.concat(reasons, "; ")
      return rollback and { rollback = true, reason = reason } or reason
    end
  end,
}

stop.patience = check.declare {
  name = "stop.patience",
  about = "Stops when the score has not risen by more than min_delta above its best in so many evaluations in a row.",
  example = "stop.patience { evaluations = 3, min_delta = 0.001 }",
  returns = "stopping rule",
  options = {
    { "evaluations", kind = "number", least = 1, whole = true, about = "How many evaluations without a rise." },
    { "min_delta", kind = "number", least = 0, default = 0, about = "What counts as a rise." },
    { "metric", kind = "metric", optional = true, about = "A metric to watch instead of the score." },
  },
  make = function(options)
    local watched = options.metric and options.metric.read or function(record) return record.score end
    local name = options.metric and options.metric.name or "the score"
    local reason = name .. (options.metric and " has not improved in " or " has not risen in ") ..
      options.evaluations .. " evaluations"
    return function(h)
      local best, waited = -math.huge, 0
      for _, record in ipairs(h.history) do
        if watched(record) > best + options.min_delta then
          best, waited = watched(record), 0
        else
          waited = waited + 1
        end
      end
      return waited >= options.evaluations and reason
    end
  end,
}

stop.minimum_improvement = check.declare {
  name = "stop.minimum_improvement",
  about = "Stops when the score's best is less than `least` above what it was some evaluations ago, which ends a slow " ..
    "creep that patience would let run on.",
  example = "stop.minimum_improvement { least = 0.005, evaluations = 3 }",
  returns = "stopping rule",
  options = {
    { "least", kind = "number", least = 0, about = "The smallest gain worth going on for." },
    { "evaluations", kind = "number", least = 1, whole = true, about = "Over how many evaluations." },
  },
  make = function(options)
    return function(h)
      local before, now = -math.huge, -math.huge
      for i, record in ipairs(h.history) do
        now = math.max(now, record.score)
        if i <= h.evaluations - options.evaluations then before = now end
      end
      if h.evaluations <= options.evaluations or now - before >= options.least then return false end
      return string.format("the score rose by %.4g in %d evaluations, less than %.4g", now - before,
        options.evaluations, options.least)
    end
  end,
}

stop.budget = check.declare {
  name = "stop.budget",
  about = "The forgetting budget: when a metric has lost more than allowed against the untouched model, the newest " ..
    "evaluation is refused and the run ends with the best one before it. With `cut` the run first goes on from the " ..
    "last saved state that kept the budget, at so much of its rate, up to `tries` times.",
  example = 'stop.budget { metric = "original.accuracy", lose_at_most = 0.03, cut = 0.5, tries = 3 }',
  returns = "stopping rule",
  options = {
    { "metric", kind = "metric", about = "What must be kept." },
    { "lose_at_most", kind = "number", least = 0, about = "How much of it may be lost." },
    { "cut", kind = "number", least = 0.001, most = 0.999, optional = true, about = "Part of the rate to go on with." },
    { "tries", kind = "number", least = 1, whole = true, optional = true,
      about = "How often the rate is cut before the run ends; 3 unless told otherwise." },
  },
  make = function(options, place)
    if options.tries and not options.cut then
      check.fail(place, "stop.budget: tries without cut (allowed: both, or neither). Fix: add cut = 0.5")
    end
    local tries = options.tries or 3
    return function(h)
      local lost = options.metric.read(h.baseline) - options.metric.read(h.last)
      if lost <= options.lose_at_most then return false end
      local reason = string.format("%s lost %.4g, more than the %.4g allowed", options.metric.name, lost,
        options.lose_at_most)
      local cuts = options.cut and h.state.cuts or 0
      if not options.cut or cuts >= tries then return { rollback = true, reason = reason } end
      h.state.cuts = cuts + 1
      return { rollback = true, reason = reason, cut = options.cut }
    end
  end,
}

local limits = require "engram.stop.limits"
stop.time, stop.steps, stop.target = limits.time, limits.steps, limits.target
stop.divergence, stop.after = limits.divergence, limits.after
stop.crossover = require "engram.stop.crossover"

return stop
