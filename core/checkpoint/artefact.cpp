#include "checkpoint/artefact.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "checkpoint/peft_names.hpp"

namespace engram::checkpoint {
namespace {

namespace fs = std::filesystem;

// Subfolders with an adapter in each, as peft writes those that are not called "default".
std::vector<std::string> adapters_below(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (fs::exists(entry.path() / kAdapterConfigFile)) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Artefact identify(const fs::path& folder) {
  const std::string where = folder.string();
  if (!fs::exists(folder)) throw DataError({.what = "nothing is there", .where = where});
  if (!fs::is_directory(folder)) {
    throw DataError({.what = "is a file", .where = where, .fix = "name the folder that holds it"});
  }
  const std::pair<const char*, ArtefactKind> telling[] = {
      {"grid.json", ArtefactKind::grid},           {"chain.json", ArtefactKind::chain},
      {"manifest.json", ArtefactKind::run},        {"training_state.json", ArtefactKind::training_state},
      {kAdapterConfigFile, ArtefactKind::adapter}, {"config.json", ArtefactKind::model_folder}};
  for (const auto& [file, kind] : telling) {
    if (fs::exists(folder / file)) return {kind, folder};
  }
  const std::vector<std::string> below = adapters_below(folder);
  if (below.size() == 1) return {ArtefactKind::adapter, folder / below.front()};
  if (below.size() > 1) {
    throw DataError({.what = "holds several adapters: " + text::join(below, ", "),
                     .where = where,
                     .fix = "name one of them: " + (folder / below.front()).string()});
  }
  if (fs::exists(folder / kAdapterWeightsFile) || fs::exists(folder / "adapter_model.bin")) {
    throw DataError({.what = "holds the tensors of an adapter without its " + std::string(kAdapterConfigFile),
                     .where = where,
                     .fix = "copy the file from where the adapter was made: it says which tensors belong where"});
  }
  throw DataError({.what = "is no model, adapter or run",
                   .where = where,
                   .allowed = "a folder with config.json, adapter_config.json or manifest.json"});
}

}  // namespace engram::checkpoint
