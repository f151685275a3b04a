// The evaluation sets of a run, found again by its manifest.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "base/json.hpp"
#include "recipe/recipe.hpp"

namespace engram::run {

struct RecordedSet {
  recipe::DataSet set;         // with every setting of the run's recipe
  std::filesystem::path file;  // where the run read it
  // Why the rows are not those that the run scored: the file is gone, or another one stands there.
  std::optional<Fault> changed;
};

// Runs `part`, which takes values out of a run's manifest. Throws DataError where they are not those that a run writes.
void reading_manifest(const std::filesystem::path& run_folder, const std::function<void()>& part);

// In the manifest's order. Reads every file for its hash. Throws DataError as reading_manifest() does.
std::vector<RecordedSet> recorded_sets(const Json& manifest, const std::filesystem::path& run_folder);

}  // namespace engram::run
