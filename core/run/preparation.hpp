// Everything about a run that can be known without loading weights: what `engram plan` prints and a run starts from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "advisor/advice.hpp"
#include "advisor/rules.hpp"
#include "data/table.hpp"
#include "hub/cache.hpp"
#include "model/folder.hpp"
#include "recipe/recipe.hpp"
#include "recipe/scored_set.hpp"
#include "run/row_facts.hpp"
#include "run/start_adapter.hpp"
#include "script/recipe_script.hpp"
#include "strategy/resolution.hpp"
#include "strategy/strategies.hpp"
#include "train/trainer.hpp"

namespace engram::run {

// Whether another run of a chain starts from the result.
enum class Followed { no, yes };

// What advice does to a run: --strict refuses it.
enum class Advised { told, refused };

struct Sources {
  std::string recipe;                 // a file, or "-" for standard input
  std::string point;                  // of the grid that the recipe is; empty: it is none
  script::Overrides overrides;        // --set
  std::filesystem::path predecessor;  // the run folder of a chain that this run starts from; empty: none
  Followed followed = Followed::no;
  Advised advised = Advised::told;
  strategy::Checks plugin_checks = strategy::Checks::usual;
  std::filesystem::path scripts;               // holds engram/*.lua
  std::vector<std::filesystem::path> plugins;  // --plugin: files or folders that come before the usual places
};

struct TaskFacts {
  std::string name;
  recipe::HeadSource head = recipe::HeadSource::fresh;
  std::vector<std::string> labels;
};

struct SetFacts {
  const recipe::DataSet* set = nullptr;  // of Preparation::recipe()
  std::filesystem::path file;
  data::RowCount rows;
  RowFacts content;
};

struct Preparation {
  script::RecipeScript script;
  std::filesystem::path model_folder;
  std::optional<hub::Snapshot> model_snapshot;  // where the folder is one of the Hugging Face cache
  model::FolderFacts folder;
  std::vector<TaskFacts> tasks;
  std::vector<SetFacts> sets;
  sdk::ModelView view;  // with the heads of every task
  strategy::Strategies strategies;
  strategy::Resolution resolution;
  std::string trained_task;
  std::optional<StartAdapter> start;  // the adapter that training goes on from
  train::StepCount steps;
  int64_t training_rows = 0;
  recipe::Metrics metric_names;  // what score and stop may read; the numbers mean nothing
  advisor::Guards guards;        // which of them they do read
  std::vector<advisor::Advice> advice;

  const recipe::Recipe& recipe() const { return script.recipe(); }
  const TaskFacts& task(const std::string& name) const;
  // What the recipe's own metrics see of an evaluation set before it is scored.
  recipe::SetShape shape(const recipe::DataSet& set) const;
};

// Throws RecipeError, PluginError or DataError with everything that is wrong.
Preparation prepare(const Sources& sources);

}  // namespace engram::run
