// The end of a run as far as its evaluations tell it.
#pragma once

#include "recipe/history.hpp"
#include "report/views.hpp"
#include "run/scoring.hpp"

namespace engram::run {

// Rows of the chosen and the last evaluation, the checkpoint chosen and both crossover points; the rest stays empty.
report::RunSummary summary_of_history(const recipe::History& history, const Scoring& scoring);

}  // namespace engram::run
