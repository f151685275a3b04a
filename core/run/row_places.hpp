// Which lines of which files the rows of a step are, as the files' owners count them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "run/material.hpp"
#include "run/preparation.hpp"
#include "train/trainer.hpp"

namespace engram::run {

// Rows of one data set.
struct PlacedRows {
  std::string set;
  std::string file;              // its name, without the folder
  std::string unit = "line";     // "row" for Parquet, and where the file can no longer be read as it was
  std::vector<int64_t> numbers;  // ascending; the header counts as a line
};

class RowPlaces {
 public:
  // Borrows both. Files are read again when a row is first asked for.
  RowPlaces(const Preparation& prepared, const Material& material) : prepared_(prepared), material_(material) {}

  std::vector<PlacedRows> of(const train::StepRows& rows);
  // Of an evaluation set.
  PlacedRows of(const std::string& set, const std::vector<int64_t>& rows);

 private:
  std::vector<PlacedRows> of_training(const std::vector<int64_t>& rows);
  const SetFacts& facts(const std::string& set) const;
  const std::vector<int64_t>& lines(const SetFacts& set);
  PlacedRows placed(const SetFacts& set, int64_t size, const std::vector<int64_t>& rows);

  const Preparation& prepared_;
  const Material& material_;
  std::map<std::string, std::vector<int64_t>> lines_;  // of every row, by set; empty: could not be read
};

// "data.train (new.csv), lines 3, 14 and 15; data.replayed (old.csv), line 7"; of many rows the first.
std::string rows_text(const std::vector<PlacedRows>& placed);
// { "train": [3, 14, 15] }
Json rows_json(const std::vector<PlacedRows>& placed);

}  // namespace engram::run
