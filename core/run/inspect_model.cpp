// A model folder: config, weights, heads, tokenizer.
#include <algorithm>

#include "base/files.hpp"
#include "checkpoint/strategy_tensors.hpp"
#include "model/folder.hpp"
#include "model/folder_contents.hpp"
#include "model/tensors_hash.hpp"
#include "run/inspect_parts.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;

// Files with weights: of a sound folder those that it uses, of another all that look so.
std::vector<fs::path> weight_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const bool is_other = entry.path().filename() == model::kHeadWeightsFile ||
                          entry.path().filename() == checkpoint::kStrategyTensorsFile;
    if (entry.path().extension() == ".safetensors" && !is_other) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Json architecture_json(const sdk::ModelView& view) {
  const sdk::AttentionSite& attention = view.attention_sites.front();
  return {{"family", view.family},         {"blocks", view.layers},
          {"hidden", view.hidden},         {"attention_heads", attention.heads},
          {"vocabulary", view.vocabulary}, {"max_positions", view.max_positions}};
}

Json heads_json(const model::FolderFacts& facts) {
  Json all = Json::array();
  for (const auto& head : facts.heads) {
    all.push_back({{"task", head.task.empty() ? Json(nullptr) : Json(head.task)}, {"labels", head.labels}});
  }
  return all;
}

}  // namespace

Json inspect_model(const fs::path& folder, ReadWeights weights, Faults& faults) {
  Json json = {{"kind", "model"},
               {"folder", folder.string()},
               {"bytes", bytes_below(folder)},
               {"architecture", nullptr},
               {"heads", Json::array()}};
  std::vector<fs::path> files;
  attempt(faults, folder, [&] {
    const model::FolderFacts facts = model::inspect_folder(folder);
    json["architecture"] = architecture_json(facts.view);
    json["heads"] = heads_json(facts);
    files = facts.weights_files;
  });
  if (files.empty()) files = weight_files(folder);
  json["files"] = Json::array();
  for (const fs::path& file : files) json["files"].push_back(file_json(file, faults));
  if (fs::exists(folder / model::kHeadWeightsFile)) files.push_back(folder / model::kHeadWeightsFile);
  json["parameters"] = parameters_json(files, faults);
  const fs::path tokenizer = folder / model::kTokenizerFile;
  json["tokenizer_sha256"] = fs::exists(tokenizer) ? Json(sha256_of_file(tokenizer)) : Json(nullptr);
  json["tensors_sha256"] = nullptr;
  if (weights == ReadWeights::yes) {
    attempt(faults, folder, [&] { json["tensors_sha256"] = model::tensors_hash(folder); });
  }
  json["carries"] = carried_json(folder, faults);
  json["provenance"] = provenance_json(folder, faults);
  return json;
}

}  // namespace engram::run
