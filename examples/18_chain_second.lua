-- A chain, second part: what the first part made learns the tones of messages, without losing the topics. The model named
-- here is the first part's result when this runs alone; in a chain the run before says it.
-- Run both parts: build/bin/engram run examples/17_chain_first.lua examples/18_chain_second.lua
local schedule = require "engram.schedule"
local score    = require "engram.score"
local stop     = require "engram.stop"

return {
  model = "../runs/17_chain_first-001/checkpoints/best",

  tasks = {
    topics = { kind = "classification", head = "from model" },
    tones  = { kind = "classification" },
  },

  data = {
    train    = { "data/tones_train.jsonl", text = "message", label = "tone",  task = "tones",  use = "train" },
    new      = { "data/tones_test.jsonl",  text = "message", label = "tone",  task = "tones",  use = "evaluate" },
    original = { "data/topics_test.csv",   text = "message", label = "topic", task = "topics", use = "evaluate", role = "original" },
  },

  strategies = {
    { "lora", rank = 8, alpha = 32, targets = { "query", "value" }, dropout = 0.1 },
    { "distillation" },
  },

  train    = { epochs = 2, batch_size = 16, learning_rate = 4e-4, max_length = 48 },
  schedule = schedule.linear { warmup = 0.1 },
  score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
  stop     = stop.patience { evaluations = 3 },
}
