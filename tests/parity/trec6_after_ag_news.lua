-- The proof's run: question types after news topics, MiniLM with LoRA (peers: peers/trec6_after_ag_news.py).
-- Needs the public data sets and a MiniLM fine-tuned on ag_news (peers/ag_news_base.py); --set model=... names it.
local schedule = require "engram.schedule"
local score    = require "engram.score"

local trec = "../../../shared/data/trec6/"
local news = "../../../shared/data/ag_news/"

return {
  model = "../../.deps/agnews-minilm",

  tasks = {
    topics    = { kind = "classification", head = "from model" },
    questions = { kind = "classification" },
  },

  data = {
    train    = { trec .. "TREC.train", format = "label lines", label_until = ":", encoding = "iso-8859-1", task = "questions", use = "train" },
    new      = { trec .. "TREC.test",  format = "label lines", label_until = ":", encoding = "iso-8859-1", task = "questions", use = "evaluate" },
    original = { news .. "test.csv", header = false, text = { 2, 3 }, label = 1,
                 label_names = { "World", "Sports", "Business", "Sci/Tech" },
                 task = "topics", use = "evaluate", role = "original" },
  },

  strategies = {
    { "lora", rank = 8, alpha = 32, targets = { "query", "value" }, dropout = 0.1 },
  },

  train    = { epochs = 3, batch_size = 16, learning_rate = 2e-4, max_length = 128, evaluations_in_first_epoch = 2, seed = 1 },
  schedule = schedule.linear { warmup = 0.1 },
  score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 1, weight = 0 },
}
