#include "model/weight_files.hpp"

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "model/pickles.hpp"
#include "model/safetensors_index.hpp"

namespace engram::model {

namespace fs = std::filesystem;

WeightFiles::WeightFiles(const fs::path& folder) {
  if (fs::exists(folder / kWeightsFile)) {
    place_ = folder / kWeightsFile;
    files_.emplace_back(place_, SafetensorsFile(place_));
  } else if (fs::exists(folder / kWeightsIndexFile)) {
    place_ = folder / kWeightsIndexFile;
    open_shards(folder);
  } else {
    refuse_pickles(folder, "pytorch_model", kWeightsFile);
    throw DataError({.what = "holds no model.safetensors", .where = folder.string()});
  }
  for (size_t file = 0; file < files_.size(); ++file) {
    for (const SafetensorsEntry& entry : files_[file].second.header().entries) {
      by_name_[entry.name] = {entries_.size(), file};
      entries_.push_back(entry);
    }
  }
}

void WeightFiles::open_shards(const fs::path& folder) {
  const SafetensorsIndex index = parse_safetensors_index(read_file(place_), place_.string());
  Faults faults;
  for (const std::string& shard : index.shards()) {
    if (!fs::exists(folder / shard)) {
      faults.add({.what = "names the shard " + shard + ", which is not there",
                  .where = place_.string(),
                  .fix = "fetch the whole folder again"});
      continue;
    }
    try {
      files_.emplace_back(folder / shard, SafetensorsFile(folder / shard));
    } catch (const DataError& error) {
      faults.add(error.faults());
    }
  }
  std::map<std::string, const SafetensorsHeader*> headers;
  for (const auto& [path, file] : files_) headers[path.filename().string()] = &file.header();
  check_shards(index, headers, place_.string(), faults);
  faults.raise<DataError>();
}

std::vector<fs::path> WeightFiles::files() const {
  std::vector<fs::path> paths;
  for (const auto& [path, file] : files_) paths.push_back(path);
  return paths;
}

uint64_t WeightFiles::bytes() const {
  uint64_t sum = 0;
  for (const auto& [path, file] : files_) sum += fs::file_size(path);
  return sum;
}

const SafetensorsEntry* WeightFiles::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &entries_[found->second.first];
}

at::Tensor WeightFiles::tensor(const std::string& name) const {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return files_[found->second.second].second.tensor(name);
  std::vector<std::string> names;
  for (const SafetensorsEntry& entry : entries_) names.push_back(entry.name);
  throw DataError(
      {.what = "holds no tensor '" + name + "'" + text::did_you_mean(name, names), .where = place_.string()});
}

}  // namespace engram::model
