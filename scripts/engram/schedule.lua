-- Learning-rate schedules. Each function returns a schedule: a function of `s` (s.step counts from 0) that gives the
-- factor of train.learning_rate for the next step. The curves are those of transformers.
--
--   local schedule = require "engram.schedule"
--   schedule = schedule.linear { warmup = 0.1 },
--
-- Every schedule takes `warmup`: the length of a linear rise from 0. Below 1 it is a share of all steps (rounded up),
-- from 1 on a number of steps. With a warm-up, the first update has the rate 0.

local check = require "engram.check"

local schedule = {}

local warmup_rule = { kind = "number", least = 0, default = 0 }

local function warmup_steps(warmup, steps)
  return warmup < 1 and math.ceil(steps * warmup) or warmup
end

-- `after(s, warmup)` gives the factor once the warm-up is over.
local function with_warmup(warmup, after)
  return function(s)
    local length = warmup_steps(warmup, s.steps)
    if s.step < length then return s.step / math.max(1, length) end
    return after(s, length)
  end
end

-- The rate as written, after an optional warm-up.
--   schedule.constant { warmup = 100 }
function schedule.constant(options)
  options = check.options("schedule.constant", options, { warmup = warmup_rule })
  return with_warmup(options.warmup, function() return 1 end)
end

-- Falls in a straight line to 0 at the last step.
--   schedule.linear { warmup = 0.1 }
function schedule.linear(options)
  options = check.options("schedule.linear", options, { warmup = warmup_rule })
  return with_warmup(options.warmup, function(s, length)
    return math.max(0, (s.steps - s.step) / math.max(1, s.steps - length))
  end)
end

-- Falls along half a cosine wave to 0; `cycles` is the number of waves.
--   schedule.cosine { warmup = 0.06 }
function schedule.cosine(options)
  options = check.options("schedule.cosine", options, {
    warmup = warmup_rule,
    cycles = { kind = "number", least = 0, default = 0.5 },
  })
  return with_warmup(options.warmup, function(s, length)
    local progress = (s.step - length) / math.max(1, s.steps - length)
    return math.max(0, 0.5 * (1 + math.cos(math.pi * options.cycles * 2 * progress)))
  end)
end

return schedule
