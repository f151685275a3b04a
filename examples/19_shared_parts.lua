-- Recipes that share parts. The problem: ten recipes over one data set repeat the same twenty lines, and one of them is
-- always out of date. Here the model, the tasks and the data stand in parts/messages.lua, and this recipe says only what
-- is its own. `require` finds plain Lua files below the recipe's folder.
-- Run it: build/bin/engram run examples/19_shared_parts.lua
local messages = require "parts.messages"
local schedule = require "engram.schedule"
local score    = require "engram.score"

return messages.recipe {
  strategies = { { "lora", rank = 8, dora = true } },

  train    = { epochs = 2, batch_size = 16, learning_rate = 4e-4, max_length = 48 },
  schedule = schedule.cosine_with_restarts { warmup = 0.05, cycles = 2 },
  score    = score.harmonic { a = "new.accuracy", b = "original.accuracy" },
}
