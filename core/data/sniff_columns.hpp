// Which column is what, judged by names and values. Part of sniff.cpp's work.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/raw_table.hpp"

namespace engram::data {

struct ColumnRoles {
  std::vector<size_t> text;  // indices from 0
  std::vector<size_t> pair;
  std::optional<size_t> label;
};

// `names`: lower case or not, empty where the file has no header. `columns`: the values of a sample of rows.
ColumnRoles column_roles(const std::vector<std::string>& names, const std::vector<std::vector<Cell>>& columns);

// Whether a first record reads like names of columns rather than like the records after it.
bool looks_like_header(const std::vector<std::string>& first, const std::vector<std::vector<Cell>>& rest);

}  // namespace engram::data
