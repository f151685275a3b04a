// What a schedule makes of the rates, before the run.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "run/preparation.hpp"

namespace engram::run {

// What a schedule sees before the first step, which is scored: its evaluation, with made-up numbers.
recipe::History start_history(const Preparation& prepared);

// The schedule's answers at some steps, asked in their order with that history alone; what it keeps is put back.
// `steps` are sorted and lie below the run's number of steps. Throws RecipeError.
std::vector<recipe::ScheduleResult> schedule_at(Preparation& prepared, const std::vector<int64_t>& steps);

// At most so many steps, evenly over the run, the first and the last among them.
std::vector<int64_t> spread_steps(const train::StepCount& count, int64_t most);

// An optimizer group as it is at some of the listed steps.
struct RateRow {
  double rate_scale = 1;
  double weight_decay = 0;
  int64_t parameters = 0;                    // when it is largest
  size_t tensors = 0;                        // then
  std::vector<std::optional<double>> rates;  // at each step; nothing: it does not train then
};

struct RateTable {
  std::vector<int64_t> steps;
  std::vector<RateRow> groups;                         // in order of first appearance
  std::map<std::string, std::vector<double>> numbers;  // factors of strategies' numbers: "ewc.lambda"
};

RateTable rate_table(Preparation& prepared);

}  // namespace engram::run
