#include "run/recorded_sets.hpp"

#include "base/files.hpp"
#include "recipe/describe.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;

std::optional<Fault> change_of(const RecordedSet& recorded, const Json& manifest) {
  const std::string name = "data." + recorded.set.name;
  if (!fs::exists(recorded.file)) {
    return Fault{.what = "the file of " + name + " is gone",
                 .where = recorded.file.string(),
                 .fix = "put it back, or name a file with --data"};
  }
  const std::string before = manifest.at("data").at(recorded.set.name).at("sha256").get<std::string>();
  if (sha256_of_file(recorded.file) == before) return {};
  return Fault{.what = "the file of " + name + " has changed since the run",
               .where = recorded.file.string(),
               .fix = "put the old one back, or name the new one with --data"};
}

}  // namespace

void reading_manifest(const fs::path& run_folder, const std::function<void()>& part) {
  try {
    part();
  } catch (const Json::exception& error) {
    throw DataError({.what = std::string("does not hold what a run writes: ") + error.what(),
                     .where = (run_folder / "manifest.json").string()});
  }
}

std::vector<RecordedSet> recorded_sets(const Json& manifest, const fs::path& run_folder) {
  const std::string where = (run_folder / "manifest.json").string();
  std::vector<RecordedSet> all;
  reading_manifest(run_folder, [&] {
    const fs::path start = manifest.at("recipe_folder").get<std::string>();
    for (const auto& [name, description] : manifest.at("recipe").at("data").items()) {
      RecordedSet recorded{.set = recipe::data_set_from(description, name, where)};
      if (recorded.set.use != recipe::DataUse::evaluate) continue;
      recorded.file = start / recorded.set.file;
      recorded.changed = change_of(recorded, manifest);
      all.push_back(std::move(recorded));
    }
  });
  return all;
}

}  // namespace engram::run
