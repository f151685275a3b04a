return {
  model = "models/news-topics",
  tasks = { topics = { kind = "classification", head = "from model" }, questions = { kind = "classification" } },

  data = {
    train          = { "trec/train.csv", text = "question", label = "type", task = "questions", use = "train" },
    new            = { "trec/dev.csv",   text = "question", label = "type", task = "questions", use = "evaluate" },
    original       = { "news/dev.tsv",   text = { "title", "body" }, label = "topic", task = "topics", use = "evaluate", role = "original" },
    original_train = { "news/train.tsv", text = { "title", "body" }, label = "topic", task = "topics", use = "strategies" },
  },

  strategies = {
    { "freezing", keep = "last 4 blocks" },
    { "discriminative_lr", decay = 0.9 },
    { "ewc", data = "original_train", samples = 500, lambda = 1.0 },
  },

  train = { epochs = 4, batch_size = 32, learning_rate = 2e-5, weight_decay = 0.01, max_length = 128 },

  schedule = function(s)                         -- a factor of train.learning_rate, and EWC's lambda over time
    local warm = math.min(1, s.step / 200)
    return { lr = warm * (1 - s.step / s.steps), ["ewc.lambda"] = warm }
  end,

  score = function(m)                            -- larger is better; both tasks, against the untouched model
    local lost = math.max(0, m.baseline.original.accuracy - m.original.accuracy)
    return m.new.macro_f1 - 2 * lost
  end,

  stop = function(h)                             -- after each evaluation; h.last, h.best, h.evaluations, h.state
    if h.last.original.accuracy < h.baseline.original.accuracy - 0.05 then
      return { rollback = true, reason = "the original task lost more than five points" }
    end
    return h.evaluations >= 4 and h.last.score < h.best.score - 0.01 and "the score is falling"
  end,
}
