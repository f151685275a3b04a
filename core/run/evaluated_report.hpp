// An evaluation as text, as JSON, and row by row.
#pragma once

#include <string>

#include "base/json.hpp"
#include "report/style.hpp"
#include "run/evaluate.hpp"

namespace engram::run {

std::string evaluated_text(const Evaluated& evaluated, const report::Style& style);
// Keys: docs/use_a_model.md.
Json evaluated_json(const Evaluated& evaluated);
// set, row (from 1), label, prediction, probability (of the prediction), loss, and what it was compared with:
// other_prediction, other_loss (empty where it has none). A header, then a line a row.
std::string evaluated_rows(const Evaluated& evaluated);

}  // namespace engram::run
