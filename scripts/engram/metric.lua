-- Metrics of one's own, measured on every evaluation set beside accuracy, macro_f1 and loss. Each function here returns
-- what stands in a recipe's `metrics`; read them as examples of your own.
--
--   local metric = require "engram.metric"
--   metrics = { balanced = metric.macro_recall(), ece = metric.calibration_error { bins = 10 } },

local check = require "engram.check"

---@class engram.library.metric
local metric = check.topic {
  name = "metric",
  about = "Metrics of one's own, for the recipe's `metrics`: measured on every evaluation set beside accuracy, macro_f1 " ..
    "and loss, and read by scores and rules under the name that the recipe gives them.",
}

metric.macro_recall = check.declare {
  name = "metric.macro_recall",
  about = "The mean of the classes' recalls (balanced accuracy): a rare class counts as much as a frequent one. " ..
    "Classes without rows are left out.",
  example = "metric.macro_recall()",
  returns = "metric",
  options = {},
  make = function()
    return function(e)
      local sum, seen = 0, 0
      for _, class in ipairs(e.classes) do
        local rows = e.counts.labels[class]
        if rows > 0 then
          sum, seen = sum + e.counts.right[class] / rows, seen + 1
        end
      end
      return sum / seen
    end
  end,
}

metric.f_beta = check.declare {
  name = "metric.f_beta",
  about = "F of one class: with beta 2 recall counts twice as much as precision, with 0.5 half as much. Sets whose task " ..
    "does not have the class go without it.",
  example = 'metric.f_beta { class = "angry", beta = 2 }',
  returns = "metric",
  options = {
    { "class", kind = "string", about = "The class's label name." },
    { "beta", kind = "number", least = 0, default = 1, about = "The weight of recall against precision." },
  },
  make = function(options)
    local squared = options.beta ^ 2
    return function(e)
      for _, class in ipairs(e.classes) do
        if class == options.class then
          local right, said, are = e.counts.right[class], e.counts.predictions[class], e.counts.labels[class]
          local weight = squared * are + said
          return weight > 0 and (1 + squared) * right / weight or 0
        end
      end
      return {}
    end
  end,
}

metric.matthews = check.declare {
  name = "metric.matthews",
  about = "Matthews' correlation of labels and predictions, for any number of classes: 0 is guessing, 1 is perfect.",
  example = "metric.matthews()",
  returns = "metric",
  options = {},
  make = function()
    return function(e)
      local right, both, said, are = 0, 0, 0, 0
      for _, class in ipairs(e.classes) do
        local labels, predictions = e.counts.labels[class], e.counts.predictions[class]
        right = right + e.counts.right[class]
        both, said, are = both + labels * predictions, said + predictions ^ 2, are + labels ^ 2
      end
      local spread = math.sqrt((e.count ^ 2 - said) * (e.count ^ 2 - are))
      return spread > 0 and (right * e.count - both) / spread or 0
    end
  end,
}

metric.worst_group_accuracy = check.declare {
  name = "metric.worst_group_accuracy",
  about = "The accuracy of the group of rows with the lowest one. Groups come from `group = \"column\"` of the data set; " ..
    "a set without them is one group.",
  example = "metric.worst_group_accuracy()",
  returns = "metric",
  options = {},
  make = function()
    return function(e)
      local groups, labels, predictions = e.groups, e.labels, e.predictions
      local rows, right = {}, {}
      for i = 1, e.count do
        local group = groups and groups[i] or ""
        rows[group] = (rows[group] or 0) + 1
        if labels[i] == predictions[i] then right[group] = (right[group] or 0) + 1 end
      end
      local worst = 1
      for group, count in pairs(rows) do worst = math.min(worst, (right[group] or 0) / count) end
      return worst
    end
  end,
}

metric.calibration_error = check.declare {
  name = "metric.calibration_error",
  about = "The expected calibration error: how far the model's confidence is from its accuracy, in equally wide bins of " ..
    "confidence (Guo et al. 2017). Less is better.",
  example = "metric.calibration_error { bins = 15 }",
  returns = "metric",
  options = { { "bins", kind = "number", least = 1, most = 1000, whole = true, default = 15, about = "How many bins." } },
  make = function(options)
    local function measure(e)
      local classes, labels, predictions, bins = e.classes, e.labels, e.predictions, options.bins
      local columns, gaps = {}, {}
      for i, class in ipairs(classes) do columns[i] = e.probabilities[class] end
      for i = 1, bins do gaps[i] = 0 end
      for i = 1, e.count do
        local confidence = columns[predictions[i]][i]
        local bin = math.min(bins, math.max(1, math.ceil(confidence * bins)))
        gaps[bin] = gaps[bin] + (labels[i] == predictions[i] and 1 or 0) - confidence
      end
      local sum = 0
      for i = 1, bins do sum = sum + math.abs(gaps[i]) end
      return sum / e.count
    end
    return { measure, better = "smaller" }
  end,
}

return metric
