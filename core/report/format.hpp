// How numbers of a run are written, everywhere the same.
#pragma once

#include <string>

#include "report/style.hpp"
#include "report/views.hpp"

namespace engram::report {

// "macro_f1" -> "macro F1"; names without a better word stay as they are.
std::string metric_label(const std::string& metric);
std::string role_label(Role role);

// "81.2 %" or "0.512".
std::string value_text(Unit unit, double value);
// "+58.8" (points) or "-1.280"; never "-0.0".
std::string change_text(Unit unit, double change);
// "17.3 points" or "0.402 nats", without a sign.
std::string amount_text(Unit unit, double amount);

// Whether more of the measure is better.
bool larger_is_better(const EvaluationRow& row);
// Green for better, red for worse, none for a change that prints as zero.
Colour change_colour(const EvaluationRow& row, double change);

// "1.8e-04".
std::string rate_text(double rate);
// "147,456 of 22,713,216 parameters (0.65 %)".
std::string share_of_parameters(int64_t trainable, int64_t total);
// "step 112 (epoch 1.49)".
std::string point_text(const RunPoint& point);

// The rows grouped by role and set, with a heading; every line ends in a newline. `baseline` leaves out what there is
// not yet: the values now and their change.
enum class TableColumns { baseline, all };
std::string evaluation_table(const std::vector<EvaluationRow>& rows, TableColumns shown, const Style& style);

}  // namespace engram::report
