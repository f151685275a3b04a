-- Everything that advice is given on, as far as one recipe can have it.
return {
  model = "model",
  tasks = { wind = { kind = "classification", head = "from model" }, side = { kind = "classification" } },
  data = {
    train    = { "train.csv",    text = "text", label = "label", task = "side", use = "train" },
    new      = { "new.csv",      text = "text", label = "label", task = "side", use = "evaluate" },
    original = { "original.csv", text = "text", label = "label", task = "wind", use = "evaluate", role = "original" },
  },
  train = { epochs = 10, batch_size = 4, learning_rate = 2e-4, weight_decay = 0.01, max_length = 8 },
  score = function(m) return m.new.accuracy end,
}
