-- Third run: the same new task with LoRA, scored on both tasks, and stopped when it costs too much or gains no more.
local schedule = require "engram.schedule"
local score    = require "engram.score"
local stop     = require "engram.stop"

return {
  model = "../../build/demo/original/checkpoints/best",

  tasks = {
    topics = { kind = "classification", head = "from model" },
    tones  = { kind = "classification" },
  },

  data = {
    train    = { "../data/tones_train.jsonl", text = "message", label = "tone",  task = "tones",  use = "train" },
    new      = { "../data/tones_test.jsonl",  text = "message", label = "tone",  task = "tones",  use = "evaluate" },
    original = { "../data/topics_test.csv",   text = "message", label = "topic", task = "topics", use = "evaluate", role = "original" },
  },

  strategies = {
    { "lora", rank = 8, alpha = 32, targets = { "query", "value" }, dropout = 0.1 },
  },

  train    = { epochs = 2, batch_size = 16, learning_rate = 6e-4, max_length = 48, evaluations_in_first_epoch = 3, seed = 17 },
  schedule = schedule.linear { warmup = 0.1 },
  score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
  stop     = stop.any { stop.patience { evaluations = 3 }, stop.budget { metric = "original.accuracy", lose_at_most = 0.05 } },
}
