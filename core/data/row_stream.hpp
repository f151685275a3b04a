// Rows of text from a file or from standard input, a piece at a time: what a command labels, however much it is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "recipe/recipe.hpp"

namespace engram::data {

// `lines`: a text a line, or two with a TAB between them; lines that hold only white space are left out.
enum class RowFormat { lines, csv, tsv, json_lines, parquet };

struct RowLayout {
  RowFormat format = RowFormat::lines;
  bool pairs = false;                // lines: two texts each
  std::vector<recipe::Column> text;  // of tables: one column, or several joined by a space
  std::vector<recipe::Column> pair;
  std::vector<std::string> extras;  // further columns of tables, read where the file has them
  std::optional<char> delimiter;    // absent: ',' for CSV, TAB for TSV
  bool header = true;               // of CSV and TSV
};

struct InputRow {
  std::string text;
  std::optional<std::string> pair;
  std::vector<std::optional<std::string>> extras;  // as the layout names them; empty where there is no value
  int64_t line = 0;                                // the row's first line from 1, or its number in a Parquet file
};

class RowStream {
 public:
  virtual ~RowStream() = default;

  // The next rows, at most `most`: it waits for one, and takes further ones that are there already. None: the end.
  // Throws DataError with every fault among them, each with file and line; the next call goes on behind them.
  virtual std::vector<InputRow> next(size_t most) = 0;
  // Whether rows may have a value there. True of every column of JSON Lines, whose rows differ. Settled by the first
  // call of next().
  virtual bool has_extra(size_t index) const = 0;
  virtual const std::string& name() const = 0;
  // Whether the end may be far away: a pipe or a terminal.
  virtual bool live() const = 0;
  // Lines of text passed so far that hold none, and so are no rows.
  virtual int64_t blank_lines() const { return 0; }
  // What `line` of a row counts, for faults: "line" or "row".
  virtual const char* unit() const { return "line"; }
};

// By the ending of a file's name; lines for standard input ("-") and where the ending says nothing.
RowFormat row_format(const std::string& file);

// `file` "-": standard input. Throws DataError: what cannot be opened, Parquet on standard input.
std::unique_ptr<RowStream> open_rows(const std::string& file, const RowLayout& layout);

}  // namespace engram::data
