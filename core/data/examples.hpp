// Examples ready for a model: token ids and label ids of one data set, cached on disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/table.hpp"
#include "data/tokenizer.hpp"
#include "recipe/recipe.hpp"

namespace engram::data {

struct Examples {
  std::string name;  // the data set's name in the recipe
  std::string task;
  TokenizedTexts tokens;
  std::vector<int64_t> labels;       // index into the task's label names; -1: no label
  std::vector<std::string> groups;   // of each row; empty where the set names no group column
  std::vector<uint64_t> row_hashes;  // of normalised text and pair (see row_hash), to count rows that sets share
  std::string file_hash;             // SHA-256 of the data file
  std::string content_hash;          // of tokens and labels: what evaluations of these examples depend on
  bool from_cache = false;

  int64_t size() const { return tokens.size(); }
};

// A hash of a row's text and pair, not its label. Case (ASCII) and white space do not count.
uint64_t row_hash(const Row& row);

// Of each row the index of its label in `labels`, or -1 where it has none. Throws DataError with every label that is
// none of them: file, line, the nearest.
std::vector<int64_t> label_indices(const recipe::DataSet& set, const Table& table,
                                   const std::vector<std::string>& labels);

// The distinct label names of a table, sorted (numerically if all are integers, else by bytes).
std::vector<std::string> label_names(const Table& table);
// The same straight from the file; cached beside the tokens under the file's hash and the reading settings.
std::vector<std::string> label_names(const recipe::DataSet& set, const std::filesystem::path& file);

// Reads, tokenizes and maps labels to their index in `labels`. Cached in cache_folder() under the hash of the file, the
// tokenizer and every setting that matters; a damaged cache is rebuilt, one that cannot be written is a warning in the
// log. Labels are -1 where the set names no label column. Throws DataError (unknown labels: file, line, the nearest
// known name).
Examples load_examples(const recipe::DataSet& set, const std::filesystem::path& file, const Tokenizer& tokenizer,
                       int64_t max_length, const std::vector<std::string>& labels);

}  // namespace engram::data
