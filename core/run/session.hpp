// One run, from recipe to result: the only place that sees every room.
#pragma once

#include <filesystem>
#include <optional>

#include "base/errors.hpp"
#include "report/terminal.hpp"
#include "run/preparation.hpp"

namespace engram::run {

struct RunOptions {
  std::filesystem::path out;          // empty: the next free runs/<recipe>-NNN
  std::filesystem::path resume;       // a run folder to go on with; then `out` is empty
  std::optional<double> max_seconds;  // end, saved, after so much time
  std::optional<int64_t> stop_at;     // end, saved, as an interruption would, once so many steps are done
  double process_seconds = 0;         // how old the process was when the run's turn came
};

// Runs to the end, to a stop rule, or to an interruption, and says all of it on the terminal and in the run folder.
// Returns done, or interrupted when a signal or the time limit ended it. Throws the Error kinds; what was reached until
// then is in the run folder.
ExitCode run_recipe(Sources sources, const RunOptions& options, report::Terminal& terminal);

}  // namespace engram::run
