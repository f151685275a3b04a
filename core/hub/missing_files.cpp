#include "hub/missing_files.hpp"

#include <set>

#include "base/json.hpp"

namespace engram::hub {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIndex = "model.safetensors.index.json";

bool is_adapter(const fs::path& folder) {
  return fs::exists(folder / "adapter_config.json") && !fs::exists(folder / "config.json");
}

std::vector<std::string> missing_of(const fs::path& folder, const std::vector<std::string>& names) {
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    if (!fs::exists(folder / name)) missing.push_back(name);
  }
  return missing;
}

std::vector<std::string> shards_of(const fs::path& index) {
  std::set<std::string> shards;
  const Json read = read_json(index);
  const Json map = read.is_object() ? read.value("weight_map", Json::object()) : Json::object();
  for (const auto& [tensor, shard] : map.items()) {
    if (shard.is_string()) shards.insert(shard.get<std::string>());
  }
  return {shards.begin(), shards.end()};
}

std::vector<std::string> missing_weights(const fs::path& folder) {
  if (fs::exists(folder / "model.safetensors")) return {};
  if (fs::exists(folder / kIndex)) return missing_of(folder, shards_of(folder / kIndex));
  return {"model.safetensors"};
}

bool holds_pickles(const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".bin") && (name.starts_with("pytorch_model") || name.starts_with("adapter_model"))) return true;
  }
  return false;
}

// peft writes adapters that are not called "default" to folders of their names.
std::vector<fs::path> adapters_below(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && is_adapter(entry.path())) found.push_back(entry.path());
  }
  return found;
}

}  // namespace

MissingFiles missing_files(const fs::path& folder) {
  MissingFiles missing;
  if (is_adapter(folder)) {
    missing.names = missing_of(folder, {"adapter_model.safetensors"});
    missing.only_pickles = !missing.names.empty() && holds_pickles(folder);
    return missing;
  }
  if (!fs::exists(folder / "config.json") && !adapters_below(folder).empty()) return missing;
  missing.names = missing_of(folder, {"config.json"});
  const std::vector<std::string> weights = missing_weights(folder);
  missing.only_pickles = !weights.empty() && !fs::exists(folder / kIndex) && holds_pickles(folder);
  missing.names.insert(missing.names.end(), weights.begin(), weights.end());
  if (!fs::exists(folder / "tokenizer.json")) missing.names.push_back("tokenizer.json");
  return missing;
}

}  // namespace engram::hub
