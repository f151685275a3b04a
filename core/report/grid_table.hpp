// The points of a grid and what became of them, as files and on the terminal.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "report/style.hpp"
#include "report/views.hpp"

namespace engram::report {

struct GridRow {
  std::string point;                                        // "rank=4,rate=1e-05"
  std::vector<std::pair<std::string, std::string>> values;  // ("rank", "4")
  std::string folder;                                       // inside the grid's
  std::optional<int> exit_code;                             // absent: not run yet
  std::optional<RunSummary> summary;                        // absent: refused, or not run yet
  std::string error;                                        // why it failed; one line
};

// table.csv: a point a line, with the grid's values, how it ended, its score and every measure of the checkpoint kept;
// "<set>.<metric>" and, for original sets, "<set>.<metric> drop".
std::string grid_csv(const std::vector<GridRow>& rows);
// The list `points` of grid.json.
Json grid_json(const std::vector<GridRow>& rows);
// Finished points side by side, the one with the largest score, and those that failed. Lines end in '\n'.
std::string grid_text(const std::vector<GridRow>& rows, const Style& style);

}  // namespace engram::report
