// Gathers the faults of one data file, keeps the first 20 by line, and refuses once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/errors.hpp"

namespace engram::data {

class LineFaults {
 public:
  static constexpr size_t kShown = 20;

  // `unit`: what a place in the file is counted in, "line" or "row" (Parquet). `before`: how many of them come before
  // the piece of the file whose lines are added.
  explicit LineFaults(std::string file, std::string unit = "line", int64_t before = 0);

  // `place` follows the line in the fault's `where`: "column 'text'", or empty.
  void add(int64_t line, const std::string& place, Fault fault);
  // A fault of the file as a whole; comes before those of lines.
  void add_for_file(Fault fault);

  bool empty() const { return count_ == 0; }
  const std::string& file() const { return file_; }
  // Throws DataError with the first 20 in the order of lines, and how many more there are; does nothing without faults.
  void raise() const;

 private:
  void keep(int64_t line, Fault fault);

  std::string file_;
  std::string unit_;
  int64_t before_;
  std::map<std::pair<int64_t, int64_t>, Fault> first_;  // by line, then by order of arrival
  int64_t count_ = 0;
};

}  // namespace engram::data
