local schedule = require "engram.schedule"
local score    = require "engram.score"
local stop     = require "engram.stop"

return {
  model = "models/news-topics",                 -- a Hugging Face folder; its head is the original task's

  tasks = {
    topics    = { kind = "classification", head = "from model" },
    questions = { kind = "classification" },    -- a fresh head; labels are taken from the training data
  },

  data = {
    train    = { "trec/train.csv", text = "question", label = "type",  task = "questions", use = "train" },
    new      = { "trec/dev.csv",   text = "question", label = "type",  task = "questions", use = "evaluate" },
    original = { "news/dev.tsv",   text = { "title", "body" }, label = "topic", task = "topics", use = "evaluate", role = "original" },
  },

  strategies = {
    { "lora", rank = 8, alpha = 32, targets = { "query", "value" }, dropout = 0.1 },
  },

  train    = { epochs = 3, batch_size = 16, learning_rate = 2e-4, max_length = 128, precision = "bf16", seed = 17 },
  schedule = schedule.linear { warmup = 0.1 },
  score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
  stop     = stop.any { stop.patience { evaluations = 3 }, stop.budget { metric = "original.accuracy", lose_at_most = 0.03 } },
}
