// The readers of a recipe's sections, one file each; read_sections() in read.cpp calls them in order.
#pragma once

#include "recipe/recipe.hpp"
#include "recipe/section.hpp"

namespace engram::recipe {

// The whole table, section by section; `top` nullptr where keys are described.
Recipe read_sections(const Value* top, Reading& reading);

// Each reads its own key of the top section.
std::vector<Task> read_tasks(Section& top);
std::vector<DataSet> read_data(Section& top);
std::vector<StrategyEntry> read_strategies(Section& top);
Train read_train(Section& top);
Checkpoints read_checkpoints(Section& top);
std::vector<OwnMetric> read_metrics(Section& top);

// References between sections and the sets that every run must have.
void check_references(const Recipe& recipe, const Value& top, Faults& faults);

}  // namespace engram::recipe
