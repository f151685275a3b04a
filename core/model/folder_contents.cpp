#include "model/folder_contents.hpp"

#include <set>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "model/bert_view.hpp"
#include "model/heads_file.hpp"
#include "model/trunk_names.hpp"

namespace engram::model {
namespace {

namespace fs = std::filesystem;

void check_folder(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw DataError(
        {.what = fs::exists(folder) ? "is no model folder but a file" : "is no model folder: nothing is there",
         .where = folder.string(),
         .fix = "name a folder that holds config.json, model.safetensors and tokenizer.json"});
  }
  if (!fs::exists(folder / kConfigFile) && fs::exists(folder / "adapter_config.json")) {
    throw DataError({.what = "holds an adapter and no model",
                     .where = folder.string(),
                     .fix = "name the model that the adapter was trained on: it is base_model_name_or_path in "
                            "adapter_config.json"});
  }
  if (!fs::exists(folder / kConfigFile)) {
    throw DataError({.what = "holds no config.json", .where = folder.string()});
  }
}

// The labels of the classifier; faults where config.json and the tensors do not agree on a single-label head.
std::vector<std::string> primary_labels(const BertConfig& config, const SafetensorsEntry& weight,
                                        const SafetensorsEntry* bias, const fs::path& place, Faults& faults) {
  const std::string where = place.string();
  const auto refuse = [&](const std::string& what, const std::string& allowed) {
    faults.add({.what = what, .where = where, .allowed = allowed});
    return std::vector<std::string>();
  };
  if (!config.architectures.empty() && config.architectures.front() != "BertForSequenceClassification") {
    return refuse("tensor 'classifier.weight' is the head of a " + config.architectures.front(),
                  "a BertForSequenceClassification, or no head");
  }
  if (!config.problem_type.empty() && config.problem_type != "single_label_classification") {
    return refuse("tensor 'classifier.weight' is a head for problem_type \"" + config.problem_type + "\"",
                  "\"single_label_classification\"");
  }
  std::vector<std::string> labels = config.labels.value_or(std::vector<std::string>{"LABEL_0", "LABEL_1"});
  const int64_t classes = static_cast<int64_t>(labels.size());
  if (weight.shape != std::vector<int64_t>{classes, config.hidden}) {
    return refuse("tensor 'classifier.weight' has the shape " + text::shape(weight.shape),
                  text::shape({classes, config.hidden}) + " by config.json (id2label names " + std::to_string(classes) +
                      " labels)");
  }
  if (bias == nullptr || bias->shape != std::vector<int64_t>{classes}) {
    return refuse(bias == nullptr ? "tensor 'classifier.bias' is missing"
                                  : "tensor 'classifier.bias' has the shape " + text::shape(bias->shape),
                  text::shape({classes}));
  }
  return labels;
}

void add_primary_head(FolderContents& contents, const TrunkNames& names, const HeadsFile& heads_file, Faults& faults) {
  if (names.classifier_weight.empty()) {
    if (!names.classifier_bias.empty() || !heads_file.primary.empty()) {
      faults.add({.what = "tensor 'classifier.weight' is missing", .where = contents.weights.place().string()});
    }
    return;
  }
  const WeightFiles& weights = contents.weights;
  std::vector<std::string> labels = primary_labels(contents.config, *weights.find(names.classifier_weight),
                                                   weights.find("classifier.bias"), weights.place(), faults);
  contents.heads.push_back({.task = heads_file.primary,
                            .labels = std::move(labels),
                            .primary = true,
                            .weight = names.classifier_weight,
                            .bias = names.classifier_bias});
}

void add_other_heads(FolderContents& contents, const HeadsFile& heads_file, Faults& faults) {
  if (heads_file.others.empty()) return;
  const fs::path file = contents.folder / kHeadWeightsFile;
  contents.head_weights.emplace(file);
  const SafetensorsHeader& header = contents.head_weights->header();
  for (const HeadsFile::Entry& entry : heads_file.others) {
    StoredHead head{.task = entry.task,
                    .labels = entry.labels,
                    .primary = false,
                    .weight = head_weight_name(entry.task),
                    .bias = head_bias_name(entry.task)};
    const int64_t classes = static_cast<int64_t>(entry.labels.size());
    const std::pair<std::string, std::vector<int64_t>> wanted[] = {{head.weight, {classes, contents.config.hidden}},
                                                                   {head.bias, {classes}}};
    for (const auto& [name, shape] : wanted) {
      const SafetensorsEntry* found = header.find(name);
      if (found != nullptr && found->shape == shape) continue;
      faults.add({.what = "tensor '" + name + "' " +
                          (found == nullptr ? "is missing" : "has the shape " + text::shape(found->shape)),
                  .where = file.string(),
                  .allowed = text::shape(shape) + " by heads.json"});
    }
    contents.heads.push_back(std::move(head));
  }
}

}  // namespace

FolderContents read_folder_contents(const fs::path& folder) {
  check_folder(folder);
  FolderContents contents{.folder = folder,
                          .config = read_bert_config(folder / kConfigFile),
                          .weights = WeightFiles(folder),
                          .head_weights = {},
                          .trunk = {},
                          .heads = {}};
  Faults faults;
  TrunkNames names =
      match_trunk(contents.weights.entries(), bert_view(contents.config), contents.weights.place().string(), faults);
  HeadsFile heads_file;
  if (fs::exists(folder / kHeadsFile)) heads_file = read_heads_file(folder / kHeadsFile);
  add_primary_head(contents, names, heads_file, faults);
  add_other_heads(contents, heads_file, faults);
  contents.trunk = std::move(names.trunk);
  faults.raise<DataError>();
  return contents;
}

}  // namespace engram::model
