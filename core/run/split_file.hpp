// One data file cut in two, so that a model is never scored on rows that it has trained on.
#pragma once

#include <filesystem>

#include "recipe/recipe.hpp"

namespace engram::run {

struct SplitFiles {
  std::filesystem::path train;
  std::filesystem::path evaluate;
  int64_t train_rows = 0;
  int64_t evaluate_rows = 0;
};

// Writes <stem>_train.<ending> and <stem>_evaluate.<ending> into `folder`, each with the header if there is one. A row
// goes to the evaluation part by a hash of its bytes, about one in five: the same rows in every run, and equal rows
// together. Throws DataError when a part would be empty or another file is there already, InternalError when writing
// fails.
SplitFiles split_file(const recipe::DataSet& set, const std::filesystem::path& file,
                      const std::filesystem::path& folder);

}  // namespace engram::run
