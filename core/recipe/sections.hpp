// The readers of a recipe's sections, one file each; read() in read.cpp calls them in order.
#pragma once

#include "recipe/recipe.hpp"
#include "recipe/section.hpp"

namespace engram::recipe {

std::vector<Task> read_tasks(const Value* tasks, Faults& faults);
std::vector<DataSet> read_data(const Value* data, Faults& faults);
std::vector<StrategyEntry> read_strategies(const Value* strategies, Faults& faults);
Train read_train(const Value* train, Faults& faults);
Checkpoints read_checkpoints(const Value* checkpoints, Faults& faults);

// References between sections and the sets that every run must have.
void check_references(const Recipe& recipe, Faults& faults);

}  // namespace engram::recipe
