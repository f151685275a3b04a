#include "checkpoint/run_folder.hpp"

#include <array>
#include <cstdio>

#include "base/errors.hpp"

namespace engram::checkpoint {
namespace {

void make(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    throw InternalError({.what = "the run folder cannot be made: " + failed.message(),
                         .where = folder.string(),
                         .fix = "name another folder with --out"},
                        ExitCode::resources);
  }
}

std::string numbered(const std::string& name, int number) {
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), "-%03d", number);
  return name + digits.data();
}

}  // namespace

RunFolder RunFolder::create(const std::filesystem::path& wanted, const std::string& recipe_name) {
  if (!wanted.empty()) {
    if (std::filesystem::exists(wanted) &&
        !(std::filesystem::is_directory(wanted) && std::filesystem::is_empty(wanted))) {
      throw DataError(
          {.what = "exists already, and a run never overwrites another",
           .where = wanted.string(),
           .fix = "name a new folder with --out, or go on with that run: engram run --resume " + wanted.string()});
    }
    make(wanted);
    return RunFolder(wanted);
  }
  make("runs");
  for (int number = 1;; ++number) {
    const std::filesystem::path folder = std::filesystem::path("runs") / numbered(recipe_name, number);
    // create_directory fails when another process took the number first.
    if (std::filesystem::create_directory(folder)) return RunFolder(folder);
  }
}

void RunFolder::discard(const std::filesystem::path& folder) {
  std::error_code ignored;  // what cannot be removed stays: the refusal itself matters more
  for (const char* record :
       {"events.jsonl", "timing.jsonl", "metrics.csv", "recipe.lua", "plan.txt", "manifest.json", "log.txt"}) {
    std::filesystem::remove(folder / record, ignored);
  }
  std::filesystem::remove(folder, ignored);
}

void RunFolder::require_present() const {
  if (std::filesystem::exists(manifest())) return;
  throw InternalError(
      {.what = "the run folder was removed during the run, and what it held is lost", .where = path_.string()},
      ExitCode::resources);
}

RunFolder RunFolder::open(const std::filesystem::path& folder) {
  RunFolder run(folder);
  Faults faults;
  if (!std::filesystem::is_directory(folder)) {
    faults.add({.what = "is no run folder: there is no such folder", .where = folder.string()});
  } else {
    for (const auto& file : {run.manifest(), run.recipe_copy()}) {
      if (!std::filesystem::exists(file)) {
        faults.add({.what = "is no run folder: it holds no " + file.filename().string(), .where = folder.string()});
      }
    }
  }
  faults.raise<DataError>();
  return run;
}

}  // namespace engram::checkpoint
