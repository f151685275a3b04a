// A first look at a data file nobody has described yet: what `engram new recipe` writes down for the user to check.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/table.hpp"
#include "recipe/recipe.hpp"

namespace engram::data {

struct Guess {
  recipe::DataSet set;               // format, header, delimiter, encoding and columns filled in; name, task, use left
  std::vector<Row> first_rows;       // up to five, as read with `set`
  std::vector<std::string> columns;  // names, or "column 1" and so on without a header; empty for label lines
  std::vector<std::string> labels;   // label names of the whole file; empty if no column looks like a label
  std::vector<std::string> notes;    // what the user should know or check, one sentence each
};

// Throws DataError when the file holds no rows of text that can be made out.
Guess guess(const std::filesystem::path& file);

}  // namespace engram::data
