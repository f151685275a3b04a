#include "run/preparation.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "checkpoint/continuation.hpp"
#include "data/examples.hpp"
#include "eval/evaluator.hpp"
#include "eval/metrics.hpp"
#include "hub/resolve.hpp"
#include "run/advice.hpp"
#include "run/rates.hpp"
#include "run/strategy_facts.hpp"
#include "strategy/options_check.hpp"
#include "strategy/plugin_finder.hpp"

namespace engram::run {
namespace {

struct FoundModel {
  hub::Located located;
  model::FolderFacts folder;
};

FoundModel find_model(const recipe::Recipe& recipe, Faults& faults) {
  try {
    FoundModel found{.located = hub::resolve(recipe.model, recipe.folder, recipe.model_place.text())};
    found.folder = model::inspect_folder(found.located.folder);
    return found;
  } catch (const DataError& error) {
    for (Fault fault : error.faults()) {
      fault.what = "model = \"" + recipe.model + "\": " + fault.what;
      faults.add(std::move(fault));
    }
    return {};
  }
}

std::string where_paths_start(const recipe::Recipe& recipe, const std::string& path) {
  if (std::filesystem::path(path).is_absolute()) return "the path is absolute, and taken as it is";
  if (recipe.file == "-")
    return "relative paths start at the current folder, " + std::filesystem::current_path().string();
  return "relative paths start at the recipe's folder";
}

std::vector<SetFacts> find_sets(const recipe::Recipe& recipe, Faults& faults) {
  std::vector<SetFacts> sets;
  for (const recipe::DataSet& set : recipe.data) {
    const std::filesystem::path file = recipe.resolve(set.file);
    if (!std::filesystem::is_regular_file(file)) {
      const std::string why = std::filesystem::is_directory(file) ? ", which is a folder" : ", which does not exist";
      faults.add({.what = "data." + set.name + " names the file " + file.string() + why,
                  .where = set.place.text(),
                  .fix = where_paths_start(recipe, set.file)});
      continue;
    }
    sets.push_back({.set = &set, .file = file});
  }
  return sets;
}

// The one head of a folder that may stand for the task: the head of that name, else the folder's unnamed one.
const model::FolderFacts::HeadFacts* folder_head(const model::FolderFacts& folder, const std::string& task) {
  for (const auto& head : folder.heads) {
    if (head.task == task) return &head;
  }
  for (const auto& head : folder.heads) {
    if (head.task.empty()) return &head;
  }
  return nullptr;
}

bool has_named_head(const model::FolderFacts& folder, const std::string& task) {
  return std::any_of(folder.heads.begin(), folder.heads.end(), [&](const auto& head) { return head.task == task; });
}

// A folder's unnamed head can stand for one task only.
void refuse_shared_head(const recipe::Recipe& recipe, const model::FolderFacts& folder, Faults& faults) {
  std::string first;
  for (const recipe::Task& task : recipe.tasks) {
    if (task.head != recipe::HeadSource::from_model || has_named_head(folder, task.name)) continue;
    if (!first.empty()) {
      faults.add(
          {.what = "tasks." + first + " and tasks." + task.name + " both take the model's one head without a name",
           .where = task.place.text(),
           .fix = "fit the other one first: head = { probe = \"<a training set of this task>\" }"});
    }
    first = task.name;
  }
}

void refuse_long_texts(const recipe::Recipe& recipe, const model::FolderFacts& folder, Faults& faults) {
  if (recipe.train.max_length <= folder.view.max_positions) return;
  faults.add({.what = "train.max_length is " + std::to_string(recipe.train.max_length) +
                      ", and the model reads at most " + std::to_string(folder.view.max_positions) + " tokens",
              .where = recipe.file,
              .fix = "set train.max_length to " + std::to_string(folder.view.max_positions) + " or less"});
}

std::string head_names(const model::FolderFacts& folder) {
  if (folder.heads.empty()) return "the folder holds no head";
  std::vector<std::string> names;
  for (const auto& head : folder.heads) names.push_back(head.task.empty() ? "one without a name" : head.task);
  return text::join(names, ", ");
}

// The labels of a task: as the recipe lists them, as its head has them, or as its first labelled data set shows them.
TaskFacts task_facts(const recipe::Task& task, const model::FolderFacts& folder, const std::vector<SetFacts>& sets,
                     Faults& faults) {
  TaskFacts facts{.name = task.name, .head = task.head, .labels = task.labels};
  if (task.head == recipe::HeadSource::from_model) {
    const auto* head = folder_head(folder, task.name);
    if (head == nullptr) {
      faults.add({.what = "tasks." + task.name + " takes its head from the model, and " + folder.folder.string() +
                          " has none for it",
                  .where = task.place.text(),
                  .allowed = head_names(folder),
                  .fix = "fit one first: head = { probe = \"<a training set of this task>\" }"});
    } else if (!task.labels.empty() && task.labels != head->labels) {
      faults.add({.what = "tasks." + task.name + ".labels differ from those of the model's head",
                  .where = task.place.text(),
                  .allowed = text::join(head->labels, ", "),
                  .fix = "leave labels out"});
    } else {
      facts.labels = head->labels;
    }
    return facts;
  }
  if (has_named_head(folder, task.name)) {
    faults.add({.what = "tasks." + task.name + " would replace the head of that name which the model brings",
                .where = task.place.text(),
                .fix = "take it: head = \"from model\"; or give the new task another name"});
  }
  if (!facts.labels.empty()) return facts;
  for (const SetFacts& set : sets) {
    const bool fits = task.head == recipe::HeadSource::probe ? set.set->name == task.probe_data
                                                             : set.set->use == recipe::DataUse::train;
    if (!fits || set.set->task != task.name) continue;
    try {
      facts.labels = data::label_names(*set.set, set.file);
    } catch (const DataError& error) {
      faults.add(error.faults());
      return facts;
    }
    if (!facts.labels.empty()) break;
  }
  if (facts.labels.size() < 2) {
    faults.add({.what = "tasks." + task.name + " has " + std::to_string(facts.labels.size()) +
                        " labels, and a classification needs two or more",
                .where = task.place.text(),
                .fix = "give it a training set, or list its labels: labels = { \"...\", \"...\" }"});
  }
  return facts;
}

recipe::Metrics metric_names_of(const recipe::Recipe& recipe) {
  recipe::Metrics names;
  for (const recipe::DataSet& set : recipe.data) {
    if (set.use != recipe::DataUse::evaluate) continue;
    for (const std::string& metric : eval::classification_metric_names()) names[set.name][metric] = 0.5;
    if (!recipe.original_waived) continue;
    for (const std::string& metric : eval::drift_metric_names()) names[set.name][metric] = 0.1;
  }
  return names;
}

std::vector<recipe::SetShape> shapes_of(const Preparation& prepared) {
  std::vector<recipe::SetShape> shapes;
  for (const recipe::DataSet& set : prepared.recipe().data) {
    if (set.use != recipe::DataUse::evaluate) continue;
    shapes.push_back(prepared.shape(set));
  }
  return shapes;
}

std::string settle_trained_task(const recipe::Recipe& recipe, Faults& faults) {
  std::string trained;
  for (const recipe::DataSet& set : recipe.data) {
    if (set.use != recipe::DataUse::train) continue;
    if (!trained.empty() && trained != set.task) {
      faults.add(
          {.what = "data." + set.name + " trains the task '" + set.task + "', and another set trains '" + trained + "'",
           .where = set.place.text(),
           .allowed = "training sets of one task",
           .fix = "train one task after the other: the second run starts from the first one's best checkpoint"});
    }
    trained = set.task;
  }
  return trained;
}

void add_new(const Faults& found, Faults& faults) {
  for (const Fault& fault : found.list()) {
    const auto same = [&](const Fault& known) { return known.text() == fault.text(); };
    if (std::none_of(faults.list().begin(), faults.list().end(), same)) faults.add(fault);
  }
}

// One table after the other, so that memory holds one. What a task's labels were taken from has been read before.
void read_all_rows(std::vector<SetFacts>& sets, const std::vector<TaskFacts>& tasks, int64_t max_length,
                   Faults& faults) {
  for (SetFacts& facts : sets) {
    Faults found;
    const ReadRows read = read_rows(*facts.set, facts.file, found);
    for (const TaskFacts& task : tasks) {
      if (task.name == facts.set->task && !task.labels.empty()) check_labels(*facts.set, read, task.labels, found);
    }
    add_new(found, faults);
    facts.content = row_facts(read, max_length);
  }
}

void count_rows(std::vector<SetFacts>& sets) {
  for (SetFacts& facts : sets) facts.rows = data::count_rows(*facts.set, facts.file);
}

}  // namespace

const TaskFacts& Preparation::task(const std::string& name) const {
  for (const TaskFacts& facts : tasks) {
    if (facts.name == name) return facts;
  }
  throw InternalError({.what = "the task '" + name + "' was not prepared"});
}

recipe::SetShape Preparation::shape(const recipe::DataSet& set) const {
  return {.name = set.name,
          .original = set.role == recipe::DataRole::original_task,
          .classes = task(set.task).labels,
          .has_groups = set.group.has_value()};
}

Preparation prepare(const Sources& sources) {
  const auto search = strategy::plugin_search_path(sources.plugins);
  const auto check_options = [&](const recipe::Recipe& recipe, Faults& faults) {
    strategy::check_options(recipe.strategies, search, faults);
  };
  script::RecipeScript script =
      script::RecipeScript::load(sources.recipe, sources.overrides, sources.scripts, sources.point, check_options);
  const recipe::Recipe& recipe = script.recipe();
  Faults faults;
  const auto raise = [&] {
    if (!faults.empty()) check_options(recipe, faults);
    faults.raise<RecipeError>();
  };
  std::vector<SetFacts> sets = find_sets(recipe, faults);
  auto [located, folder] = find_model(recipe, faults);
  raise();

  sdk::ModelView view = folder.view;
  const std::string trained_task = settle_trained_task(recipe, faults);
  refuse_shared_head(recipe, folder, faults);
  refuse_long_texts(recipe, folder, faults);
  std::optional<StartAdapter> start = read_start_adapter(recipe, folder, faults);
  std::vector<TaskFacts> tasks;
  for (const recipe::Task& task : recipe.tasks) {
    const bool goes_on = start && task.name == trained_task;
    tasks.push_back(task_facts(goes_on ? with_labels_of(*start, task) : task, folder, sets, faults));
    if (goes_on) compare_labels(*start, task, tasks.back().labels, faults);
    const auto use = task.name == trained_task ? model::HeadUse::trained : model::HeadUse::kept;
    model::add_head_to_view(view, task.name, static_cast<int64_t>(tasks.back().labels.size()), use);
  }
  read_all_rows(sets, tasks, recipe.train.max_length, faults);
  raise();

  count_rows(sets);
  strategy::Strategies strategies = strategy::Strategies::load(recipe.strategies, search, sources.plugin_checks);
  strategy::Resolution resolution = strategy::resolve(view, strategies.plan(view), data_facts(sets, tasks), faults);
  refuse_long_sequences(recipe, view, resolution, faults);
  if (start) {
    checkpoint::compare_with_plan(start->adapter, resolution, view, recipe.adapter_place.text(), faults, start->notes);
  }
  faults.raise<RecipeError>();

  Preparation prepared{.script = std::move(script),
                       .model_folder = std::move(located.folder),
                       .model_snapshot = std::move(located.snapshot),
                       .folder = std::move(folder),
                       .tasks = std::move(tasks),
                       .sets = std::move(sets),
                       .view = std::move(view),
                       .strategies = std::move(strategies),
                       .resolution = std::move(resolution),
                       .trained_task = trained_task,
                       .start = std::move(start)};
  for (const SetFacts& facts : prepared.sets) {
    if (facts.set->use == recipe::DataUse::train) prepared.training_rows += facts.rows.rows;
  }
  prepared.steps = train::count_steps(prepared.training_rows, prepared.recipe().train);
  prepared.metric_names = metric_names_of(prepared.recipe());
  prepared.script.resolve(prepared.metric_names, shapes_of(prepared));
  const recipe::History history = start_history(prepared);
  refuse_unknown_numbers(
      prepared.script.try_schedule(
          {.steps = prepared.steps.total, .epochs = prepared.recipe().train.epochs, .history = &history}),
      prepared.resolution, prepared.recipe().callbacks.schedule);
  give_advice(prepared);
  if (sources.advised == Advised::refused) refuse_advice(prepared.advice);
  return prepared;
}

}  // namespace engram::run
