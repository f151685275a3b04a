-- Stopping rules, asked after each evaluation. A rule is a function of `h` that returns false to go on, a reason to
-- stop, or { rollback = true, reason = ... } to stop with the weights of the best checkpoint as the result.
--
--   local stop = require "engram.stop"
--   stop = stop.any {
--     stop.patience { evaluations = 3 },
--     stop.budget { metric = "original.accuracy", lose_at_most = 0.03 },
--   },

local check = require "engram.check"

local stop = {}

-- Stops as soon as one of the rules does, with the reason of the first.
--   stop.any { stop.patience { evaluations = 3 }, my_own_rule }
function stop.any(rules)
  rules = check.functions("stop.any", rules)
  return function(h)
    for _, rule in ipairs(rules) do
      local verdict = rule(h)
      if verdict then return verdict end
    end
    return false
  end
end

-- Stops when the score has not risen by more than `min_delta` above its best in so many evaluations in a row.
--   stop.patience { evaluations = 3, min_delta = 0.001 }
function stop.patience(options)
  options = check.options("stop.patience", options, {
    evaluations = { kind = "number", least = 1, whole = true },
    min_delta = { kind = "number", least = 0, default = 0 },
  })
  return function(h)
    local best, waited = -math.huge, 0
    for _, record in ipairs(h.history) do
      if record.score > best + options.min_delta then
        best, waited = record.score, 0
      else
        waited = waited + 1
      end
    end
    return waited >= options.evaluations and "the score has not risen in " .. options.evaluations .. " evaluations"
  end
end

-- The forgetting budget: stops and rolls back when a metric lost more than allowed against the untouched model.
--   stop.budget { metric = "original.accuracy", lose_at_most = 0.03 }
function stop.budget(options)
  local place
  options, place = check.options("stop.budget", options, {
    metric = { kind = "string" },
    lose_at_most = { kind = "number", least = 0 },
  })
  local metric = check.metric("stop.budget", "metric", options.metric, place)
  return function(h)
    local lost = metric(h.baseline) - metric(h.last)
    if lost <= options.lose_at_most then return false end
    local reason = string.format("%s lost %.4g, more than the %.4g allowed", options.metric, lost, options.lose_at_most)
    return { rollback = true, reason = reason }
  end
end

return stop
