#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "model/bert_model.hpp"
#include "model/bert_view.hpp"
#include "model/folder.hpp"
#include "model/folder_contents.hpp"
#include "model/heads_file.hpp"

namespace engram::model {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTokenizerFiles[] = {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                                           "vocab.txt", "added_tokens.json"};

// The model's parameters with the replacements in place.
std::map<std::string, at::Tensor> final_tensors(const Model& model, const std::vector<NamedTensor>& replacements) {
  std::map<std::string, at::Tensor> tensors;
  for (const NamedTensor& named : model.parameters()) tensors[named.name] = named.tensor;
  for (const NamedTensor& named : replacements) {
    const auto found = tensors.find(named.name);
    if (found == tensors.end())
      throw InternalError({.what = "the model has no parameter '" + named.name + "' to replace"});
    if (found->second.sizes() != named.tensor.sizes()) {
      throw InternalError({.what = "the replacement of '" + named.name + "' has another shape"});
    }
    found->second = named.tensor;
  }
  return tensors;
}

// The name in model.safetensors or heads.safetensors.
std::string stored_name(const sdk::Parameter& parameter, const std::string& primary_task) {
  if (parameter.role != sdk::Role::head) return "bert." + parameter.name;
  if (parameter.task != primary_task) return parameter.name;
  return parameter.name == head_weight_name(primary_task) ? "classifier.weight" : "classifier.bias";
}

void copy_tokenizer(const fs::path& source, const fs::path& folder) {
  if (fs::weakly_canonical(source) == fs::weakly_canonical(folder)) return;
  for (const char* name : kTokenizerFiles) {
    if (fs::exists(source / name)) write_file_atomically(folder / name, read_file(source / name));
  }
}

}  // namespace

void save_heads(const Model& model, const std::string& primary_task, const fs::path& folder) {
  HeadsFile heads{.primary = primary_task, .others = {}};
  std::vector<NamedTensor> weights;
  for (const Head& head : model.heads()) {
    if (head.task == primary_task) continue;
    heads.others.push_back({head.task, head.labels});
    weights.push_back({head_weight_name(head.task), head.weight.detach()});
    weights.push_back({head_bias_name(head.task), head.bias.detach()});
  }
  fs::remove(folder / kHeadsFile);
  fs::remove(folder / kHeadWeightsFile);
  if (!weights.empty()) write_safetensors(folder / kHeadWeightsFile, weights);
  write_heads_file(folder / kHeadsFile, heads);
}

void save_model(const Model& model, const std::string& primary_task, const fs::path& tokenizer_source,
                const fs::path& folder, const std::vector<NamedTensor>& tensors) {
  const Head* primary = model.find_head(primary_task);
  const auto* bert = dynamic_cast<const BertModel*>(&model);
  if (primary == nullptr || bert == nullptr) {
    throw InternalError({.what = "the model has no head for the task '" + primary_task + "' to save"});
  }
  std::map<std::string, at::Tensor> all = final_tensors(model, tensors);
  std::vector<NamedTensor> weights;
  for (const sdk::Parameter& parameter : model.view().parameters) {
    const bool other_head = parameter.role == sdk::Role::head && parameter.task != primary_task;
    if (!other_head) weights.push_back({stored_name(parameter, primary_task), all.at(parameter.name)});
  }
  write_file_atomically(folder / kConfigFile, config_with_head(bert->config(), primary->labels).dump(2) + "\n");
  write_safetensors(folder / kWeightsFile, weights);
  save_heads(model, primary_task, folder);
  copy_tokenizer(tokenizer_source, folder);
}

}  // namespace engram::model
