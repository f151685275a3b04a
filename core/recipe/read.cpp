#include "recipe/read.hpp"

#include "recipe/sections.hpp"

namespace engram::recipe {
namespace {

std::optional<FunctionHandle> read_callback(Section& top, const std::string& key) {
  const Value* found = top.value(key);
  if (found == nullptr) return std::nullopt;
  if (const FunctionHandle* handle = found->function()) return FunctionHandle{handle->index, found->place};
  top.faults().add(value_fault(*found, "a function, or one made by engram." + key));
  return std::nullopt;
}

bool read_waiver(Section& top) {
  std::vector<std::string> waived;
  top.strings("waive", waived);
  bool original = false;
  for (const std::string& name : waived) {
    if (name == "original") {
      original = true;
    } else {
      top.faults().add({"waive names '" + name + "'", top.value("waive")->place.text(), "'original'"});
    }
  }
  return original;
}

}  // namespace

Recipe read(const Value& top, Faults& faults) {
  Recipe recipe;
  if (top.table() == nullptr) {
    faults.add({"the recipe returns " + top.type_name(), top.place.text(), "a table",
                "end the file with return { model = ..., ... }"});
    return recipe;
  }
  Section section(&top, faults);
  section.text("model", recipe.model, Need::compulsory);
  recipe.tasks = read_tasks(section.value("tasks", Need::compulsory, "a table of tasks by name"), faults);
  recipe.data = read_data(section.value("data", Need::compulsory, "a table of data sets by name"), faults);
  recipe.strategies = read_strategies(section.value("strategies"), faults);
  const Value* train = section.value("train", Need::compulsory, "a table with at least learning_rate");
  if (train != nullptr) recipe.train = read_train(train, faults);
  recipe.checkpoints = read_checkpoints(section.value("checkpoints"), faults);
  recipe.callbacks.schedule = read_callback(section, "schedule");
  recipe.callbacks.score = read_callback(section, "score");
  recipe.callbacks.stop = read_callback(section, "stop");
  recipe.original_waived = read_waiver(section);
  section.finish();
  check_references(recipe, faults);
  return recipe;
}

}  // namespace engram::recipe
