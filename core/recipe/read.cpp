#include "recipe/read.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "recipe/advice_names.hpp"
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

std::vector<std::string> waivable() {
  std::vector<std::string> names = {"original", "adapter_base"};
  for (const auto& [name, about] : kAdvice) names.push_back(name);
  return names;
}

void read_waiver(Section& top, Recipe& recipe) {
  const std::vector<std::string> names = waivable();
  const Shape shape{
      "(\"" + text::join(names, "\" | \"") + "\")[]",
      "a list that may hold 'original', 'adapter_base' and short names of advice: " + text::join(names, ", ")};
  const Value* found =
      top.value("waive", shape,
                {"What the run goes without: 'original', an evaluation set of the original task (drift "
                 "of the representation and KL to the untouched model are measured instead); 'adapter_base', that "
                 "the adapter was trained on this very model; and advice that has been considered and is not to be "
                 "given again.",
                 "waive = { \"original\" }", "nothing"});
  if (found == nullptr) return;
  const Mixed* mixed = found->table();
  if (mixed == nullptr || !mixed->table.empty()) {
    top.faults().add(value_fault(*found, shape.allowed));
    return;
  }
  for (const Value& entry : mixed->list) {
    const std::string name = entry.string() == nullptr ? "" : *entry.string();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      top.faults().add({"waive names " + quoted(entry) + text::did_you_mean(name, names), entry.place.text(),
                        text::join(names, ", ")});
    } else if (name == "original") {
      recipe.original_waived = true;
    } else {
      recipe.waived_advice.push_back(name);
    }
  }
}

Place place_of(const Value* top, const std::string& key) {
  const Value* value = top == nullptr ? nullptr : top->find(key);
  return value == nullptr ? Place{} : value->place;
}

}  // namespace

Recipe read_sections(const Value* top, Reading& reading) {
  Recipe recipe;
  Section section(top, "", reading);
  section.text(
      "model", recipe.model,
      {"The pretrained model: a folder in Hugging Face layout, or org/name[@revision] in the Hugging Face cache (see "
       "`engram pull`). A relative path starts at the recipe's folder, and a folder that is there wins.",
       "model = \"models/news-topics\""},
      Need::compulsory);
  section.text("adapter", recipe.adapter,
               {"An adapter to go on training from: a folder in PEFT's format, made by peft or engram, org/name in "
                "the Hugging Face cache, or a run that "
                "ended with one. The strategies must plan what it holds (sites, ranks, scales, virtual tokens), and "
                "the model must be the one it was trained on; the trained task's head begins as the adapter's, the "
                "optimizer afresh. A relative path starts at the recipe's folder.",
                "adapter = \"adapters/questions\"", "none: strategies begin afresh"});
  recipe.model_place = place_of(top, "model");
  recipe.adapter_place = place_of(top, "adapter");
  recipe.tasks = read_tasks(section);
  recipe.data = read_data(section);
  recipe.strategies = read_strategies(section);
  recipe.train = read_train(section);
  recipe.checkpoints = read_checkpoints(section);
  recipe.metrics = read_metrics(section);
  recipe.callbacks = read_callbacks(section);
  read_waiver(section, recipe);
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
