#include "recipe/read.hpp"

#include "recipe/sections.hpp"

namespace engram::recipe {
namespace {

std::optional<FunctionHandle> read_callback(Section& top, const std::string& key, const std::string& type,
                                            const About& about) {
  const Shape shape{type, "a function, or one made by engram." + key};
  const Value* found = top.value(key, shape, about);
  if (found == nullptr) return std::nullopt;
  if (const FunctionHandle* handle = found->function()) return FunctionHandle{handle->index, found->place};
  top.faults().add(value_fault(*found, shape.allowed));
  return std::nullopt;
}

Callbacks read_callbacks(Section& top) {
  Callbacks callbacks;
  callbacks.schedule =
      read_callback(top, "schedule", "engram.Schedule",
                    {"The factor of train.learning_rate at each step, and the factors of strategies' numbers.",
                     "schedule = schedule.linear { warmup = 0.1 }", "constant: the rate as written"});
  callbacks.score = read_callback(
      top, "score", "engram.Score",
      {"One number for a checkpoint, larger is better: what the new task is worth against the original one.",
       "score = score.penalised { gain = \"new.accuracy\", guard = \"original.accuracy\" }",
       "the new task's accuracy; compulsory once both tasks are evaluated"});
  callbacks.stop = read_callback(top, "stop", "engram.Stop",
                                 {"Asked after each evaluation whether the run ends, and with which weights.",
                                  "stop = stop.patience { evaluations = 3 }", "never: all epochs are trained"});
  return callbacks;
}

bool read_waiver(Section& top) {
  const Shape shape{"\"original\"[]", "a list that may hold 'original'"};
  const Value* found = top.value("waive", shape,
                                 {"What the run goes without: an evaluation set of the original task. Drift of the "
                                  "representation and KL to the untouched model are measured instead.",
                                  "waive = { \"original\" }", "nothing"});
  if (found == nullptr) return false;
  const Mixed* mixed = found->table();
  if (mixed == nullptr || !mixed->table.empty()) {
    top.faults().add(value_fault(*found, shape.allowed));
    return false;
  }
  bool original = false;
  for (const Value& entry : mixed->list) {
    const bool fits = entry.string() != nullptr && *entry.string() == "original";
    if (!fits) top.faults().add({"waive names " + quoted(entry), entry.place.text(), "'original'"});
    original = original || fits;
  }
  return original;
}

}  // namespace

Recipe read_sections(const Value* top, Reading& reading) {
  Recipe recipe;
  Section section(top, "", reading);
  section.text("model", recipe.model,
               {"The pretrained model: a folder in Hugging Face layout, relative to the recipe's folder.",
                "model = \"models/news-topics\""},
               Need::compulsory);
  recipe.tasks = read_tasks(section);
  recipe.data = read_data(section);
  recipe.strategies = read_strategies(section);
  recipe.train = read_train(section);
  recipe.checkpoints = read_checkpoints(section);
  recipe.metrics = read_metrics(section);
  recipe.callbacks = read_callbacks(section);
  recipe.original_waived = read_waiver(section);
  section.finish();
  return recipe;
}

Recipe read(const Value& top, Faults& faults) {
  if (top.table() == nullptr) {
    faults.add({"the recipe returns " + top.type_name(), top.place.text(), "a table",
                "end the file with return { model = ..., ... }"});
    return {};
  }
  Reading reading{faults};
  Recipe recipe = read_sections(&top, reading);
  check_references(recipe, top, faults);
  return recipe;
}

}  // namespace engram::recipe
