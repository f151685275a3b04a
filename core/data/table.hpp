// Rows of text as a data file holds them, before any tokenizer: read by Arrow, checked, decoded to UTF-8.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "recipe/recipe.hpp"

namespace engram::data {

struct Row {
  std::string text;
  std::optional<std::string> pair;   // second sequence of a sentence pair
  std::optional<std::string> label;  // the label's name, after label_names and label_until
  std::optional<std::string> group;  // "" where the file holds no value
  int64_t line = 0;                  // first line of the record in the file, from 1 (row number for Parquet)
};

struct Table {
  std::vector<Row> rows;
  std::string file;
  uint64_t file_bytes = 0;
};

// Reads one data set of a recipe. `file` is already resolved. Throws DataError with up to 20 faults, each naming file,
// line and column: encoding faults, ragged rows, missing columns, empty texts, missing labels.
Table read_table(const recipe::DataSet& set, const std::filesystem::path& file);

// Rows in the file without keeping them (exact; cheap for files below 64 MB, else extrapolated and `exact` is false).
struct RowCount {
  int64_t rows = 0;
  bool exact = true;
};
RowCount count_rows(const recipe::DataSet& set, const std::filesystem::path& file);

// How many whole rows the first `bytes` of a larger file hold; of a Parquet file in proportion. At least 1.
int64_t rows_within(const recipe::DataSet& set, const std::filesystem::path& file, uint64_t bytes);

}  // namespace engram::data
