// What strategies and the rest of a recipe have to agree on, checked before anything is loaded.
#pragma once

#include <optional>
#include <vector>

#include "base/errors.hpp"
#include "recipe/history.hpp"
#include "run/preparation.hpp"

namespace engram::run {

// The data sets of a recipe as strategies may name them; rows are counted by then.
std::vector<strategy::DataFacts> data_facts(const std::vector<SetFacts>& sets, const std::vector<TaskFacts>& tasks);

// Virtual tokens count against the model's length: train.max_length and they together must fit.
void refuse_long_sequences(const recipe::Recipe& recipe, const sdk::ModelView& view,
                           const strategy::Resolution& resolution, Faults& faults);

// Throws RecipeError when a schedule sets a number that no strategy of the run lets it set, naming the nearest and the
// recipe's line of the schedule.
void refuse_unknown_numbers(const recipe::ScheduleResult& schedule, const strategy::Resolution& resolution,
                            const std::optional<recipe::FunctionHandle>& callback);

}  // namespace engram::run
