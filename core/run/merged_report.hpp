// What a merge has done, as text and as JSON.
#pragma once

#include <string>

#include "base/json.hpp"
#include "report/style.hpp"
#include "run/merge.hpp"

namespace engram::run {

std::string merged_text(const MergeReport& report, const report::Style& style);
Json merged_json(const MergeReport& report);

}  // namespace engram::run
