// `--set path=value` from the command line, written into the tree before it is read.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/errors.hpp"
#include "recipe/value.hpp"

namespace engram::recipe {

// Paths are written as faults print them: "train.epochs", "strategies[1].rank", "data.train.rows", "model". A value is
// a number, true, false, or else a string. Keys of a table may be added (read() refuses unknown ones); tables may not,
// save for `train` and `checkpoints`. The place of a value set here is "--set <path>".
void apply_overrides(Value& top, const std::vector<std::pair<std::string, std::string>>& overrides, Faults& faults);

}  // namespace engram::recipe
