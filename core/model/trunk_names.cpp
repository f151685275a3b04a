#include "model/trunk_names.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "base/text.hpp"

namespace engram::model {
namespace {

bool is_float(Dtype dtype) {
  return dtype == Dtype::f16 || dtype == Dtype::bf16 || dtype == Dtype::f32 || dtype == Dtype::f64;
}

bool is_no_weight(const std::string& name) {
  return name.starts_with("cls.") || name.ends_with("embeddings.position_ids") ||
         name.ends_with("embeddings.token_type_ids");
}

std::string parameter_name(std::string name) {
  if (name.starts_with("bert.")) name = name.substr(5);
  for (const auto& [old_ending, ending] :
       {std::pair{".LayerNorm.gamma", ".LayerNorm.weight"}, std::pair{".LayerNorm.beta", ".LayerNorm.bias"}}) {
    const std::string suffix = old_ending;
    if (name.ends_with(suffix)) name.replace(name.size() - suffix.size(), suffix.size(), ending);
  }
  return name;
}

class Matcher {
 public:
  Matcher(const std::vector<SafetensorsEntry>& entries, const sdk::ModelView& view, const std::string& file,
          Faults& faults)
      : entries_(entries), view_(view), file_(file), faults_(faults) {
    for (const sdk::Parameter& parameter : view.parameters) expected_.emplace(parameter.name, &parameter);
  }

  TrunkNames match() {
    for (const SafetensorsEntry& entry : entries_) take(entry);
    report_missing();
    return std::move(names_);
  }

 private:
  void fault(const std::string& what, const std::string& allowed = {}, const std::string& fix = {}) {
    faults_.add({.what = what, .where = file_, .allowed = allowed, .fix = fix});
  }

  void take(const SafetensorsEntry& entry) {
    if (is_no_weight(entry.name)) return;
    if (entry.name == "classifier.weight") return void(names_.classifier_weight = entry.name);
    if (entry.name == "classifier.bias") return void(names_.classifier_bias = entry.name);
    const std::string name = parameter_name(entry.name);
    const auto found = expected_.find(name);
    if (found == expected_.end()) return report_unexpected(entry.name, name);
    const auto [place, is_new] = names_.trunk.emplace(name, entry.name);
    if (!is_new) return fault("tensors '" + place->second + "' and '" + entry.name + "' are both " + name);
    if (entry.shape != found->second->shape) {
      fault("tensor '" + entry.name + "' has the shape " + text::shape(entry.shape),
            text::shape(found->second->shape) + " by config.json");
    }
    if (!is_float(entry.dtype)) {
      fault("tensor '" + entry.name + "' has the dtype " + name_of(entry.dtype), "F32, F16, BF16, F64");
    }
  }

  void report_unexpected(const std::string& stored, const std::string& name) {
    std::vector<std::string> names;
    for (const auto& [known, unused] : expected_) names.push_back(known);
    fault("tensor '" + stored + "' belongs to no part of the model that config.json describes" +
          text::did_you_mean(name, names));
  }

  // A missing pooler is one fault with its reason, not two missing names.
  void report_missing() {
    const bool pooler_missing =
        !names_.trunk.contains("pooler.dense.weight") && !names_.trunk.contains("pooler.dense.bias");
    for (const sdk::Parameter& parameter : view_.parameters) {
      if (names_.trunk.contains(parameter.name)) continue;
      if (pooler_missing && parameter.role == sdk::Role::pooler) continue;
      fault("tensor '" + parameter.name + "' is missing", text::shape(parameter.shape) + " by config.json");
    }
    if (pooler_missing) {
      fault(
          "the pooler (pooler.dense.weight, pooler.dense.bias) is missing: the model was saved without it, and "
          "engram puts no made-up weights in its place",
          {}, "choose a checkpoint that was saved with its pooler");
    }
  }

  const std::vector<SafetensorsEntry>& entries_;
  const sdk::ModelView& view_;
  const std::string& file_;
  Faults& faults_;
  std::map<std::string, const sdk::Parameter*> expected_;
  TrunkNames names_;
};

}  // namespace

TrunkNames match_trunk(const std::vector<SafetensorsEntry>& entries, const sdk::ModelView& view,
                       const std::string& file, Faults& faults) {
  return Matcher(entries, view, file, faults).match();
}

}  // namespace engram::model
