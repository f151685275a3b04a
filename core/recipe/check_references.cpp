#include <algorithm>

#include "base/text.hpp"
#include "recipe/sections.hpp"

namespace engram::recipe {
namespace {

template <class Entry>
std::vector<std::string> names_of(const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  for (const Entry& entry : entries) names.push_back(entry.name);
  return names;
}

bool has(const Recipe& recipe, DataUse use, DataRole role) {
  return std::any_of(recipe.data.begin(), recipe.data.end(),
                     [&](const DataSet& set) { return set.use == use && set.role == role; });
}

bool trained(const Recipe& recipe, const std::string& task) {
  return std::any_of(recipe.data.begin(), recipe.data.end(),
                     [&](const DataSet& set) { return set.use == DataUse::train && set.task == task; });
}

void check_tasks_of_sets(const Recipe& recipe, Faults& faults) {
  for (const DataSet& set : recipe.data) {
    if (set.task.empty()) continue;
    const Task* task = recipe.find_task(set.task);
    if (task == nullptr) {
      const std::vector<std::string> names = names_of(recipe.tasks);
      faults.add({"data." + set.name + ".task names '" + set.task + "', which is no task of this recipe" +
                      text::did_you_mean(set.task, names),
                  set.place.text(), text::join(names, ", ")});
    } else if (set.use == DataUse::evaluate && set.role == DataRole::original_task && task->head == HeadSource::fresh) {
      faults.add({"data." + set.name + " measures what the model keeps of '" + set.task +
                      "', and the head of that task is fresh, so there is nothing to keep",
                  set.place.text(), "",
                  "set tasks." + set.task + ".head to \"from model\" or { probe = \"a data set\" }"});
    } else if (set.use == DataUse::evaluate && set.role == DataRole::new_task && !trained(recipe, set.task)) {
      faults.add({"data." + set.name + " evaluates '" + set.task + "' as the new task, and no set trains it",
                  set.place.text(), "", "add role = \"original\", or a set of this task with use = \"train\""});
    }
  }
}

void check_probes(const Recipe& recipe, Faults& faults) {
  for (const Task& task : recipe.tasks) {
    if (task.head != HeadSource::probe || task.probe_data.empty()) continue;
    const std::string path = "tasks." + task.name + ".head.probe";
    const DataSet* set = recipe.find_data(task.probe_data);
    if (set == nullptr) {
      const std::vector<std::string> names = names_of(recipe.data);
      faults.add({path + " names '" + task.probe_data + "', which is no data set of this recipe" +
                      text::did_you_mean(task.probe_data, names),
                  task.place.text(), text::join(names, ", ")});
    } else if (set->task != task.name) {
      faults.add({path + " names '" + set->name + "', whose task is '" + set->task + "'", task.place.text(),
                  "a data set with task = \"" + task.name + "\""});
    } else if (set->use == DataUse::evaluate) {
      faults.add({path + " names '" + set->name +
                      "', which is an evaluation set: a head fitted on it would be "
                      "scored on rows that it has seen",
                  task.place.text(), "a data set with use = \"strategies\""});
    }
  }
}

void check_compulsory_sets(const Recipe& recipe, const Value& data, Faults& faults) {
  const std::string place = data.place.text();
  const auto any_train = [](const DataSet& set) { return set.use == DataUse::train; };
  if (std::none_of(recipe.data.begin(), recipe.data.end(), any_train)) {
    faults.add({"data: no training set", place, "at least one data set with use = \"train\""});
  }
  if (!has(recipe, DataUse::evaluate, DataRole::new_task)) {
    faults.add({"data: no evaluation set of the new task", place, "at least one data set with use = \"evaluate\""});
  }
  const bool original = has(recipe, DataUse::evaluate, DataRole::original_task);
  if (!original && !recipe.original_waived) {
    faults.add({"data: no evaluation set of the original task, so forgetting would go unseen", place,
                "at least one data set with use = \"evaluate\" and role = \"original\"",
                "add one, or write waive = { \"original\" } to go without"});
  }
}

void check_waiver_and_score(const Recipe& recipe, const Value& top, Faults& faults) {
  if (!has(recipe, DataUse::evaluate, DataRole::original_task)) return;
  if (recipe.original_waived) {
    faults.add({"waive = { \"original\" } contradicts the evaluation set with role = \"original\"",
                top.find("waive")->place.text(), "", "remove one of the two"});
  }
  if (top.find("score") == nullptr) {
    faults.add({"score is missing: with both tasks evaluated, the recipe says how they are weighed", top.place.text(),
                "a function of the metrics, or one made by engram.score",
                "score = score.penalised { gain = \"new.accuracy\", guard = \"original.accuracy\" }"});
  }
}

// A training state is accepted at evaluations: at the end of an epoch, or at each.
void check_spikes(const Recipe& recipe, const Value& top, Faults& faults) {
  const Train& train = recipe.train;
  if (!train.spikes || train.spikes->action != SpikeAction::roll_back) return;
  if (recipe.checkpoints.every == SaveEvery::evaluation || train.epochs > 1) return;
  const Value* action = top.find("train")->find("spikes")->find("action");
  faults.add(fault_at(*action,
                      "there is nothing to go back to: checkpoints.every = \"epoch\" saves the first training state "
                      "after an epoch, and train.epochs is " +
                          text::shortest(train.epochs),
                      "'skip', 'cut'", "checkpoints = { every = \"evaluation\" } saves one at each evaluation"));
}

}  // namespace

void check_references(const Recipe& recipe, const Value& top, Faults& faults) {
  check_tasks_of_sets(recipe, faults);
  check_probes(recipe, faults);
  const Value* data = top.find("data");
  const bool readable = data != nullptr && data->table() != nullptr && data->table()->list.empty();
  if (readable) check_compulsory_sets(recipe, *data, faults);
  check_waiver_and_score(recipe, top, faults);
  check_spikes(recipe, top, faults);
}

}  // namespace engram::recipe
