-- Freezing, rates by depth, a schedule and a guarded score: and what is left to say has been considered.
local schedule = require "engram.schedule"
local score    = require "engram.score"
local stop     = require "engram.stop"

return {
  model = "model",
  tasks = { wind = { kind = "classification", head = "from model" }, side = { kind = "classification" } },
  data = {
    train    = { "train.csv",    text = "text", label = "label", task = "side", use = "train", rows = 60 },
    new      = { "new.csv",      text = "text", label = "label", task = "side", use = "evaluate", rows = 20 },
    original = { "original.csv", text = "text", label = "label", task = "wind", use = "evaluate", role = "original" },
  },
  strategies = {
    { "freezing", keep = "last 1 blocks", freeze = { "*.LayerNorm.*" } },
    { "discriminative_lr", decay = 0.5 },
    { "lora", rank = 4, targets = { "encoder.layer.0.attention.self.query", "value" } },
  },
  train    = { epochs = 3, batch_size = 16, learning_rate = 5e-5, max_length = 24 },
  metrics  = { rarest = function(e) return math.min(e.counts.right[e.classes[1]], e.counts.right[e.classes[2]]) end },
  schedule = schedule.linear { warmup = 0.1 },
  score    = score.penalised { gain = "new.macro_f1", guard = "original.accuracy", tolerance = 0.02, weight = 2 },
  stop     = stop.any { stop.patience { evaluations = 3 }, stop.budget { metric = "original.accuracy", lose_at_most = 0.05 } },
  waive    = { "small_original", "under_training" },
}
