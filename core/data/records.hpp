// Where the records of a text file begin, and on which line: the part of reading that keeps line numbers right when
// quoted values hold line breaks.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace engram::data {

struct Record {
  size_t begin = 0;    // first byte
  size_t end = 0;      // one past the last byte, line end included
  int64_t line = 0;    // the line that the record starts on, from 1
  int64_t fields = 0;  // values in it; 1 in a file of plain lines
};

struct Records {
  std::vector<Record> list;               // empty lines are no records
  std::optional<int64_t> unclosed_quote;  // line of a quote that the file never closes
};

// How values are set apart. Quotes count only at the start of a value, as in Arrow's reader.
struct Separators {
  char delimiter = ',';
  std::optional<char> quote = '"';
};

// Stops after `limit` records.
Records scan_records(std::string_view bytes, const Separators& separators,
                     int64_t limit = std::numeric_limits<int64_t>::max());

// The same for plain lines. A line that holds only white space is no record.
Records scan_lines(std::string_view bytes, int64_t limit = std::numeric_limits<int64_t>::max());

// The bytes of a record without its line end.
std::string_view content(std::string_view bytes, const Record& record);

}  // namespace engram::data
