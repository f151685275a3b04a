// Everything about a run that can be known without loading weights: what `engram plan` prints and a run starts from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/table.hpp"
#include "model/folder.hpp"
#include "recipe/recipe.hpp"
#include "script/recipe_script.hpp"
#include "strategy/resolution.hpp"
#include "strategy/strategies.hpp"
#include "train/trainer.hpp"

namespace engram::run {

struct Sources {
  std::string recipe;                          // a file, or "-" for standard input
  script::Overrides overrides;                 // --set
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
};

struct Preparation {
  script::RecipeScript script;
  std::filesystem::path model_folder;
  model::FolderFacts folder;
  std::vector<TaskFacts> tasks;
  std::vector<SetFacts> sets;
  sdk::ModelView view;  // with the heads of every task
  strategy::Strategies strategies;
  strategy::Resolution resolution;
  std::string trained_task;
  train::StepCount steps;
  int64_t training_rows = 0;
  recipe::Metrics metric_names;  // what score and stop may read; the numbers mean nothing

  const recipe::Recipe& recipe() const { return script.recipe(); }
  const TaskFacts& task(const std::string& name) const;
};

// Throws RecipeError, PluginError or DataError with everything that is wrong.
Preparation prepare(const Sources& sources);

}  // namespace engram::run
