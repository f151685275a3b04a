-- A recipe that runs on the tiny model, with these entries over it.
return function(entries)
  local recipe = {
    model = "model",
    tasks = { wind = { kind = "classification", head = "from model" }, side = { kind = "classification" } },
    data = {
      train = { "new_train.csv", text = "text", label = "label", task = "side", use = "train" },
      new = { "new_test.csv", text = "text", label = "label", task = "side", use = "evaluate" },
      original = { "original.csv", text = "text", label = "label", task = "wind", use = "evaluate", role = "original" },
    },
    strategies = { { "lora", rank = 4, alpha = 8 } },
    train = { epochs = 2, batch_size = 8, learning_rate = 5e-3, max_length = 24, threads = 1 },
    score = function(m) return m.new.accuracy end,
  }
  for key, value in pairs(entries) do recipe[key] = value end
  return recipe
end
