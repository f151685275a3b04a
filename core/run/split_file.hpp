// One data file cut in two, so that a model is never scored on rows that it has trained on.
#pragma once

#include <filesystem>
#include <string>

#include "recipe/recipe.hpp"

namespace engram::run {

struct Split {
  std::string train;  // the bytes of a file, with the header if there is one
  std::string evaluate;
  int64_t train_rows = 0;
  int64_t evaluate_rows = 0;
};

// A row goes to the evaluation part by a hash of its bytes, about one in five: the same rows in every run, and equal
// rows together. Throws DataError when a part would be empty. Writes nothing.
Split split_file(const recipe::DataSet& set, const std::filesystem::path& file);

}  // namespace engram::run
