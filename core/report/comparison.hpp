// Finished runs side by side.
#pragma once

#include <string>
#include <vector>

#include "report/style.hpp"
#include "report/views.hpp"

namespace engram::report {

// A table with one column a run, in the order given, and the verdict below it. `runs` holds two or more; where the
// terminal is too narrow for all columns, the table continues below. The text ends in a newline.
std::string comparison(const std::vector<RunSummary>& runs, const Style& style);

// One or two sentences: which run learned most, which kept most, and whether one is better at both.
std::string verdict(const std::vector<RunSummary>& runs);

}  // namespace engram::report
