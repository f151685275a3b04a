// The text of a first recipe.
#include "base/text.hpp"
#include "recipe/names.hpp"
#include "run/new_recipe.hpp"

namespace engram::run {
namespace {

// A Lua string: quotes, backslashes and control characters escaped.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string column_text(const recipe::Column& column) {
  if (const std::string* name = std::get_if<std::string>(&column)) return quoted(*name);
  return std::to_string(std::get<int>(column));
}

std::string columns_text(const std::vector<recipe::Column>& columns) {
  if (columns.size() == 1) return column_text(columns.front());
  std::vector<std::string> parts;
  for (const recipe::Column& column : columns) parts.push_back(column_text(column));
  return "{ " + text::join(parts, ", ") + " }";
}

std::string character(char c) { return quoted(std::string(1, c)); }

// The layout keys that differ from their defaults, each followed by a comma.
std::string layout_text(const recipe::DataSet& set) {
  std::string out;
  if (set.format != recipe::DataFormat::by_extension)
    out += "format = " + quoted(recipe::name_of(recipe::kFormatNames, set.format)) + ", ";
  if (!set.header) out += "header = false, ";
  if (set.delimiter) out += "delimiter = " + character(*set.delimiter) + ", ";
  if (set.quoting) out += std::string("quoting = ") + (*set.quoting ? "true" : "false") + ", ";
  if (set.encoding != recipe::TextEncoding::utf8)
    out += "encoding = " + quoted(recipe::name_of(recipe::kEncodingNames, set.encoding)) + ", ";
  if (set.label_until) out += "label_until = " + character(*set.label_until) + ", ";
  return out;
}

std::string set_text(const std::string& name, const NewSet& entry, const std::string& rest) {
  const recipe::DataSet& set = entry.set;
  std::string out =
      "    " + name + " = { " + quoted(entry.file) + ",   -- " + text::thousands(entry.rows) + " rows\n      ";
  if (!set.text.empty()) out += "text = " + columns_text(set.text) + ", ";
  if (!set.pair.empty()) out += "pair = " + columns_text(set.pair) + ", ";
  if (set.label) out += "label = " + column_text(*set.label) + ", ";
  return out + layout_text(set) + rest + " },\n";
}

std::string data_text(const NewRecipeFacts& facts) {
  const std::string original = "task = " + quoted(facts.original_task);
  std::string out = "  data = {\n";
  out += set_text("train", facts.train, "task = \"new_task\", use = \"train\"");
  out += set_text("new", facts.evaluate, "task = \"new_task\", use = \"evaluate\"");
  out += set_text("original", facts.original, original + ", use = \"evaluate\", role = \"original\"");
  if (facts.original_train)
    out += set_text("original_train", *facts.original_train, original + ", use = \"strategies\"");
  return out + "  },\n\n";
}

constexpr const char* kHead =
    R"(-- Teaches a model a new task and watches what it keeps of an original one. Every key: engram docs recipe
--   engram plan RECIPE     what will happen, without loading weights
--   engram run RECIPE      do it
local schedule = require "engram.schedule"
local score    = require "engram.score"
local stop     = require "engram.stop"

---@type engram.Recipe
return {
)";

constexpr const char* kTail =
    R"(  -- LoRA leaves the model's own weights as they are and trains small matrices beside them: little to forget with.
  -- Without strategies every weight trains; then take a learning rate near 2e-5.
  strategies = {
    { "lora", rank = 8, alpha = 32, targets = { "query", "value" }, dropout = 0.1 },
  },

  train = {
    epochs = 3,
    batch_size = 16,
    learning_rate = 5e-4,
    max_length = MAX_LENGTH,   -- tokens; longer texts are cut, and counted
  },

  -- The rate rises over the first tenth of the steps, then falls to 0.
  schedule = schedule.linear { warmup = 0.1 },

  -- What makes a checkpoint good: accuracy on the new task, less twice what the original one lost beyond a point.
  score = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 2 },

  -- Stop when the score no longer rises, or when the original task has lost more than three points.
  stop = stop.any {
    stop.patience { evaluations = 3 },
    stop.budget { metric = "original.accuracy", lose_at_most = 0.03 },
  },
}
)";

}  // namespace

std::string recipe_text(const NewRecipeFacts& facts) {
  const std::string head = facts.original_train ? "{ probe = \"original_train\" }" : "\"from model\"";
  const std::string why =
      facts.original_train ? "fitted on original_train before the run" : "the model's own, never overwritten";
  const bool plain = facts.original_task == "original_task";  // other names come from the model and may be anything
  const std::string task = plain ? facts.original_task : "[" + quoted(facts.original_task) + "]";
  return std::string(kHead) + "  model = " + quoted(facts.model) + ",\n\n  tasks = {\n    " + task +
         " = { head = " + head + " },   -- " + why +
         "\n    new_task = {},   -- a new head; labels come from the training data\n  },\n\n" + data_text(facts) +
         text::replaced(kTail, "MAX_LENGTH", std::to_string(facts.max_length));
}

}  // namespace engram::run
