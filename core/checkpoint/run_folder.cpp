#include "checkpoint/run_folder.hpp"

#include "base/errors.hpp"

namespace engram::checkpoint {

RunFolder RunFolder::create(const std::filesystem::path& wanted, const std::string& recipe_name,
                            const OwnFolder::Fill& fill) {
  return RunFolder(OwnFolder::make(wanted, recipe_name, fill));
}

void RunFolder::discard() const {
  own_->discard({"events.jsonl", "timing.jsonl", "metrics.csv", "recipe.lua", "plan.txt", "manifest.json", "log.txt"});
}

RunFolder RunFolder::go_on(const std::filesystem::path& folder) {
  open(folder);
  return RunFolder(OwnFolder::take(folder));
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
