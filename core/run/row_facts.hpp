// What the rows of data files say before anything is tokenized: their faults, their labels, which of them are the same.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "data/table.hpp"

namespace engram::run {

struct RowFacts {
  int64_t rows = 0;                       // read; 0: the file has faults
  bool whole = true;                      // false: of a large file only its first rows
  std::vector<uint64_t> hashes;           // data::row_hash of each
  std::vector<int64_t> lines;             // of each, in the file
  std::map<std::string, int64_t> labels;  // how often each occurs
  int64_t too_long = 0;                   // texts with more words than tokens are read
  int64_t words = 0;                      // of the longest but a twentieth of the texts
};

// The rows of one set; of a file above 16 MB those of its first 16 MB.
struct ReadRows {
  data::Table table;  // empty: the file has faults
  bool whole = true;
};

// Reads, and adds what is wrong with the file to `faults`.
ReadRows read_rows(const recipe::DataSet& set, const std::filesystem::path& file, Faults& faults);

// Adds a fault for every row whose label is none of `labels`.
void check_labels(const recipe::DataSet& set, const ReadRows& rows, const std::vector<std::string>& labels,
                  Faults& faults);

RowFacts row_facts(const ReadRows& rows, int64_t max_length);

}  // namespace engram::run
