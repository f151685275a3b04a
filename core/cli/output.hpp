// What several commands print in the same way.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

namespace engram::cli {

// One object over several lines, to standard output. Bytes that are not UTF-8 are replaced.
void print_json(const Json& json);
// "engram: note: ...", a line each, to standard error.
void print_notes(const std::vector<std::string>& notes);

}  // namespace engram::cli
