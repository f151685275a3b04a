// The columns that a data set asks for, as strings, before any meaning is given to them; one reader per file format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/line_faults.hpp"
#include "recipe/recipe.hpp"

namespace engram::data {

// Empty: the file holds no value there (a null, an absent key).
using Cell = std::optional<std::string>;

struct RawTable {
  std::vector<std::string> names;          // of the columns asked for, as faults show them: "column 'text'", "column 2"
  std::vector<std::vector<Cell>> columns;  // [column asked for][row]
  std::vector<int64_t> lines;              // [row] the line its record starts on; the row's number for Parquet
};

// The columns that a set names, in the order text, pair, label, group.
std::vector<recipe::Column> columns_asked_for(const recipe::DataSet& set);

// How faults call a column.
std::string shown(const recipe::Column& column);

// Index (from 0) of every column asked for among `present`. Faults: names and positions that are not there.
// `positions_only`: why names cannot be used ("" if they can).
std::vector<size_t> find_columns(const std::vector<recipe::Column>& asked, const std::vector<std::string>& present,
                                 const std::string& why_no_names, LineFaults& faults);

// One sequence of a row, from `count` columns starting at `first`, joined by spaces. Faults: values that are not there,
// a text that is empty.
std::string joined_text(const RawTable& raw, size_t first, size_t count, size_t row, LineFaults& faults);

// `bytes`: the file's content. Faults go into `faults`; rows with faults of form are left out.
RawTable read_csv(const recipe::DataSet& set, std::string_view bytes, LineFaults& faults);
RawTable read_json_lines(const recipe::DataSet& set, std::string_view bytes, LineFaults& faults);
// Two columns: the text after the first white space of a line, and the label before it.
RawTable read_label_lines(const recipe::DataSet& set, std::string_view bytes, LineFaults& faults);
RawTable read_parquet(const recipe::DataSet& set, const std::filesystem::path& file, LineFaults& faults);

// A Parquet file a piece at a time, for files that are not to be held as a whole.
class ParquetPieces {
 public:
  explicit ParquetPieces(const std::filesystem::path& file);
  ~ParquetPieces();

  const std::vector<std::string>& names() const;  // of all columns
  // What next() reads. Throws DataError where one of them is not there, or holds no single values.
  void choose(const std::vector<recipe::Column>& columns);
  // The next rows, at most `most`; none at the end. Lines are numbers of rows, from 1 in the file.
  RawTable next(int64_t most);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Names of the columns that hold single values, no lists.
std::vector<std::string> parquet_columns(const std::filesystem::path& file);
int64_t count_parquet_rows(const std::filesystem::path& file);

}  // namespace engram::data
