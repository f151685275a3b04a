-- Second run: the same model learns a new task, the tone of such messages, the careless way. Every weight trains at a
-- high rate, and nothing but the new task decides what is kept.
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

  train = { epochs = 2, batch_size = 16, learning_rate = 2e-4, max_length = 48, evaluations_in_first_epoch = 3, seed = 17 },
  score = function(m) return m.new.accuracy end,
}
