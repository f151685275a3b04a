// One line of JSON Lines, and the values in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "data/raw_table.hpp"

namespace engram::data {

// The object on a line; nothing, and a fault, where there is none. Bytes that are no UTF-8 are not a fault here.
std::optional<Json> json_row(std::string_view line, int64_t number, LineFaults& faults);

// A value as text; lists and objects are faults.
Cell json_cell(const Json& value, const std::string& column, int64_t line, LineFaults& faults);

}  // namespace engram::data
