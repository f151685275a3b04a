-- Learning-rate schedules. Each function returns a schedule: a function of `s` (s.step counts from 0) that gives the
-- factor of train.learning_rate for the next step. The curves are those of transformers, where it has them.
--
--   local schedule = require "engram.schedule"
--   schedule = schedule.linear { warmup = 0.1 },

local check = require "engram.check"
local span = require "engram.schedule.span"

---@class engram.library.schedule
local schedule = check.topic {
  name = "schedule",
  about = "How the learning rate, and numbers of strategies, change over a run. Most take `warmup`, the length of a " ..
    "linear rise from 0: the first update then has the rate 0. Lengths below 1 are shares of all steps (rounded up), " ..
    "from 1 on numbers of steps.",
}

local warmup = { "warmup", kind = "number", least = 0, default = 0, about = "Length of a linear rise from 0." }
local final = {
  "final", kind = "number", least = 0, default = 0, about = "The factor at the end.",
}

-- `after(s, length)` gives the factor once the warm-up of `length` steps is over.
local function with_warmup(options, after)
  return function(s)
    local length = span.steps(options.warmup, s.steps)
    if s.step < length then return s.step / math.max(1, length) end
    return after(s, length)
  end
end

local function progress(s, length) return (s.step - length) / math.max(1, s.steps - length) end

-- Half a cosine wave per half cycle, from 1 to `final`.
local function cosine(cycles, share, final_factor)
  local factor = 0.5 * (1 + math.cos(math.pi * cycles * 2 * share))
  return math.max(0, factor * (1 - final_factor) + final_factor)
end

schedule.constant = check.declare {
  name = "schedule.constant",
  about = "The rate as written, after an optional warm-up.",
  example = "schedule.constant { warmup = 100 }",
  returns = "schedule",
  options = { warmup },
  make = function(options) return with_warmup(options, function() return 1 end) end,
}

schedule.linear = check.declare {
  name = "schedule.linear",
  about = "Falls in a straight line, to 0 unless told otherwise.",
  example = "schedule.linear { warmup = 0.1 }",
  returns = "schedule",
  options = { warmup, final },
  make = function(options)
    return with_warmup(options, function(s, length)
      local left = math.max(0, (s.steps - s.step) / math.max(1, s.steps - length))
      return left * (1 - options.final) + options.final
    end)
  end,
}

schedule.cosine = check.declare {
  name = "schedule.cosine",
  about = "Falls along half a cosine wave: slowly at first and at the end, quickly in between.",
  example = "schedule.cosine { warmup = 0.06, final = 0.1 }",
  returns = "schedule",
  options = {
    warmup,
    { "cycles", kind = "number", least = 0, default = 0.5, about = "Number of waves; 0.5 falls once." },
    final,
  },
  make = function(options)
    return with_warmup(options, function(s, length)
      return cosine(options.cycles, progress(s, length), options.final)
    end)
  end,
}

schedule.cosine_with_restarts = check.declare {
  name = "schedule.cosine_with_restarts",
  about = "Falls along half a cosine wave to 0, jumps back to the full rate and falls again.",
  example = "schedule.cosine_with_restarts { warmup = 0.06, cycles = 3 }",
  returns = "schedule",
  options = {
    warmup,
    { "cycles", kind = "number", least = 1, default = 1, about = "How often it falls." },
  },
  make = function(options)
    return with_warmup(options, function(s, length)
      local share = progress(s, length)
      return share < 1 and math.max(0, 0.5 * (1 + math.cos(math.pi * (options.cycles * share % 1)))) or 0
    end)
  end,
}

schedule.polynomial = check.declare {
  name = "schedule.polynomial",
  about = "Falls like a power of the share of steps that is left: power 1 is a straight line, 2 falls faster at first.",
  example = "schedule.polynomial { power = 2, final = 0.01 }",
  returns = "schedule",
  options = {
    warmup,
    { "power", kind = "number", least = 0, default = 2, about = "The power." },
    final,
  },
  make = function(options)
    return with_warmup(options, function(s, length)
      local left = math.max(0, 1 - progress(s, length))
      return (1 - options.final) * left ^ options.power + options.final
    end)
  end,
}

schedule.inverse_sqrt = check.declare {
  name = "schedule.inverse_sqrt",
  about = "Falls like one over the square root of the step; needs no total number of steps.",
  example = "schedule.inverse_sqrt { warmup = 100 }",
  returns = "schedule",
  options = {
    warmup,
    { "timescale", kind = "number", least = 1, optional = true, whole = true,
      about = "Steps over which it falls; left out: the warm-up's length, or 10,000 without one." },
  },
  make = function(options)
    return with_warmup(options, function(s, length)
      local timescale = options.timescale or length > 0 and length or 10000
      return 1 / math.sqrt((s.step + timescale - length) / timescale)
    end)
  end,
}

local shapes = {
  linear = function(share) return 1 - share end,
  cosine = function(share) return cosine(0.5, share, 0) end,
  ["1-sqrt"] = function(share) return 1 - math.sqrt(share) end,
}

schedule.warmup_stable_decay = check.declare {
  name = "schedule.warmup_stable_decay",
  about = "Rises, stays at the full rate for most of the run, and falls at its end.",
  example = 'schedule.warmup_stable_decay { warmup = 0.1, decay = 0.2, shape = "1-sqrt" }',
  returns = "schedule",
  options = {
    warmup,
    { "decay", kind = "number", least = 0, default = 0.1, about = "Length of the fall." },
    { "shape", kind = "string", one_of = { "linear", "cosine", "1-sqrt" }, default = "cosine",
      about = "The curve of the fall." },
    final,
  },
  make = function(options)
    return with_warmup(options, function(s)
      local length = span.steps(options.decay, s.steps)
      local into = s.step - (s.steps - length)
      if into < 0 then return 1 end
      local factor = into < length and shapes[options.shape](into / math.max(1, length)) or 0
      return math.max(0, factor * (1 - options.final) + options.final)
    end)
  end,
}

schedule.slanted_triangular = check.declare {
  name = "schedule.slanted_triangular",
  about = "A short rise and a long fall, both straight (ULMFiT, Howard and Ruder 2018).",
  example = "schedule.slanted_triangular { cut = 0.1, ratio = 32 }",
  returns = "schedule",
  options = {
    { "cut", kind = "number", least = 0, most = 1, default = 0.1, about = "Share of the steps that rise (cut_frac)." },
    { "ratio", kind = "number", least = 1, default = 32, about = "How much smaller the lowest rate is." },
  },
  make = function(options)
    return function(s)
      local top = math.max(1, math.floor(s.steps * options.cut))
      local share = s.step / top
      if s.step >= top then share = 1 - (s.step - top) / (top * (1 / options.cut - 1)) end
      return (1 + math.max(0, share) * (options.ratio - 1)) / options.ratio
    end
  end,
}

local pieces = require "engram.schedule.pieces"
schedule.piecewise, schedule.sequence = pieces.piecewise, pieces.sequence
schedule.product, schedule.each = pieces.product, pieces.each
schedule.plateau = require "engram.schedule.plateau"

return schedule
