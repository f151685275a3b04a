// The texts of a run: each function gives whole lines, which report/terminal.hpp prints.
#pragma once

#include <string>

#include "report/style.hpp"
#include "report/views.hpp"

namespace engram::report {

std::string header_text(const RunHeader& header, const Style& style);
// One line without a newline, at most one column short of the terminal's width.
std::string progress_bar(const StepProgress& progress, const Style& style);
// The same for files and pipes.
std::string progress_line(const StepProgress& progress);
std::string evaluation_text(const EvaluationView& evaluation, const Style& style);
std::string summary_text(const RunSummary& summary, const Style& style);

}  // namespace engram::report
