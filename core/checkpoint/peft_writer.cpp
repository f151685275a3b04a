#include "checkpoint/peft_adapter.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "checkpoint/peft_names.hpp"
#include "model/safetensors.hpp"
#include "model/view_lookup.hpp"

namespace engram::checkpoint {
namespace {

// The low-rank part of an adapter that PEFT's LoRA has; nullptr: it has none such.
const sdk::LowRank* low_rank_of(const strategy::ResolvedAdapter& adapter) {
  if (const auto* custom = std::get_if<sdk::Custom>(&adapter.adapt.adapter)) {
    return custom->peft_kind == "dora" ? &custom->low_rank : nullptr;
  }
  return std::get_if<sdk::LowRank>(&adapter.adapt.adapter);
}

// The magnitudes' name; empty: no DoRA.
std::string magnitude_of(const strategy::ResolvedAdapter& adapter) {
  const auto* custom = std::get_if<sdk::Custom>(&adapter.adapt.adapter);
  return custom == nullptr ? "" : custom->magnitude;
}

const at::Tensor& tensor_named(const std::vector<model::NamedTensor>& tensors, const std::string& name) {
  for (const model::NamedTensor& entry : tensors) {
    if (entry.name == name) return entry.tensor;
  }
  throw InternalError({.what = "the claimed tensor '" + name + "' is in the plan and not in memory"});
}

bool has_shape(const strategy::Resolution& resolution, const std::string& name, size_t dimensions) {
  const strategy::ResolvedTensor* tensor = resolution.find(name);
  return tensor != nullptr && tensor->shape.size() == dimensions;
}

// Whether an adapter is one of PEFT's LoRA, with its tensors claimed.
bool is_peft_kind(const strategy::Resolution& resolution, const strategy::ResolvedAdapter& adapter) {
  const sdk::LowRank* low_rank = low_rank_of(adapter);
  if (low_rank == nullptr) return false;
  const std::string space = adapter.strategy + ".", magnitude = magnitude_of(adapter);
  return has_shape(resolution, space + low_rank->a, 2) && has_shape(resolution, space + low_rank->b, 2) &&
         (magnitude.empty() || has_shape(resolution, space + magnitude, 1));
}

using Wording = sdk::LowRank::Wording;

// The wording that all adapters share, else the common one, which every scale can be put in.
Wording wording_of(const strategy::Resolution& resolution) {
  const bool all_by_root = std::all_of(resolution.adapters.begin(), resolution.adapters.end(), [](const auto& adapter) {
    return low_rank_of(adapter)->wording == Wording::alpha_by_root_of_rank;
  });
  return all_by_root ? Wording::alpha_by_root_of_rank : Wording::alpha_by_rank;
}

// Fifteen digits: dividing by a root and multiplying again leaves the sixteenth off.
double rounded(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.15g", value);
  return std::strtod(digits, nullptr);
}

// What makes one adapter differ from another in PEFT's config.
struct Shape {
  int64_t rank = 0;
  double alpha = 0;
  double dropout = 0;
};

Shape shape_of(const strategy::Resolution& resolution, const strategy::ResolvedAdapter& adapter, Wording wording) {
  const sdk::LowRank& low_rank = *low_rank_of(adapter);
  const int64_t rank = resolution.find(adapter.strategy + "." + low_rank.a)->shape[0];
  const auto size = static_cast<double>(rank);
  const double divisor = wording == Wording::alpha_by_rank ? size : std::sqrt(size);
  return {.rank = rank, .alpha = rounded(low_rank.scale * divisor), .dropout = low_rank.dropout};
}

// PEFT's bias setting, from which of the trunk's biases train.
std::string bias_mode(const strategy::Resolution& resolution, const sdk::ModelView& view) {
  size_t trained = 0, biases = 0;
  for (const sdk::Parameter& parameter : view.parameters) {
    if (parameter.role == sdk::Role::head || !is_bias(parameter.name)) continue;
    ++biases;
    if (resolution.find(parameter.name)->ever_trains()) ++trained;
  }
  if (trained == 0) return "none";
  return trained == biases ? "all" : "lora_only";
}

Json number(double value) {
  const auto whole = static_cast<int64_t>(value);
  return static_cast<double>(whole) == value ? Json(whole) : Json(value);
}

// Keys sorted, as PEFT writes them. Values that PEFT knows and engram has no use for stand at PEFT's defaults.
Json config_json(const strategy::Resolution& resolution, const sdk::ModelView& view, const std::string& base) {
  const Wording wording = wording_of(resolution);
  const Shape common = shape_of(resolution, resolution.adapters.front(), wording);
  std::vector<std::string> modules;
  std::map<std::string, Json> ranks, alphas;  // sorted
  for (const strategy::ResolvedAdapter& adapter : resolution.adapters) {
    const Shape shape = shape_of(resolution, adapter, wording);
    const std::string module = peft_module(view, adapter.adapt.site);
    modules.push_back(module);
    if (shape.rank != common.rank) ranks[module] = shape.rank;
    if (shape.alpha != common.alpha) alphas[module] = number(shape.alpha);
  }
  std::sort(modules.begin(), modules.end());
  return {{"alpha_pattern", alphas},
          {"auto_mapping", nullptr},
          {"base_model_name_or_path", base},
          {"bias", bias_mode(resolution, view)},
          {"exclude_modules", nullptr},
          {"fan_in_fan_out", false},
          {"inference_mode", true},
          {"init_lora_weights", true},
          {"layer_replication", nullptr},
          {"layers_pattern", nullptr},
          {"layers_to_transform", nullptr},
          {"lora_alpha", number(common.alpha)},
          {"lora_bias", false},
          {"lora_dropout", common.dropout},
          {"modules_to_save", {"classifier"}},
          {"peft_type", "LORA"},
          {"r", common.rank},
          {"rank_pattern", ranks},
          {"revision", nullptr},
          {"target_modules", modules},
          {"task_type", "SEQ_CLS"},
          {"use_dora", !magnitude_of(resolution.adapters.front()).empty()},
          {"use_rslora", wording == Wording::alpha_by_root_of_rank}};
}

// PEFT's key of a trained bias: inside an adapted module it is the base layer's.
std::string bias_key(const strategy::Resolution& resolution, const sdk::ModelView& view, const std::string& name) {
  const std::string module = name.substr(0, name.size() - std::string(".bias").size());
  const bool adapted = std::any_of(resolution.adapters.begin(), resolution.adapters.end(),
                                   [&](const auto& adapter) { return adapter.adapt.site == module; });
  return kAdapterKeyPrefix + peft_module(view, module) + (adapted ? ".base_layer.bias" : ".bias");
}

}  // namespace

bool fits_peft(const strategy::Resolution& resolution, const sdk::ModelView& view) {
  std::set<std::string> sites;
  for (const strategy::ResolvedAdapter& adapter : resolution.adapters) {
    if (!is_peft_kind(resolution, adapter) || !sites.insert(adapter.adapt.site).second) return false;
    const strategy::ResolvedAdapter& first = resolution.adapters.front();
    if (low_rank_of(adapter)->dropout != low_rank_of(first)->dropout) return false;
    if (magnitude_of(adapter).empty() != magnitude_of(first).empty()) return false;
  }
  if (sites.empty()) return false;
  return std::all_of(resolution.tensors.begin(), resolution.tensors.end(), [&](const strategy::ResolvedTensor& tensor) {
    if (tensor.claimed || !tensor.ever_trains()) return true;
    const sdk::Parameter* parameter = model::parameter_named(view, tensor.name);
    return parameter == nullptr || parameter->role == sdk::Role::head || is_bias(tensor.name);
  });
}

void write_peft_adapter(const std::filesystem::path& folder, const model::Model& model,
                        const strategy::Resolution& resolution, const std::vector<model::NamedTensor>& claimed,
                        const std::string& task, const std::string& base) {
  const sdk::ModelView& view = model.view();
  std::vector<model::NamedTensor> tensors;
  for (const strategy::ResolvedAdapter& adapter : resolution.adapters) {
    const sdk::LowRank& low_rank = *low_rank_of(adapter);
    const std::string module = kAdapterKeyPrefix + peft_module(view, adapter.adapt.site);
    tensors.push_back({module + ".lora_A.weight", tensor_named(claimed, adapter.strategy + "." + low_rank.a)});
    tensors.push_back({module + ".lora_B.weight", tensor_named(claimed, adapter.strategy + "." + low_rank.b)});
    const std::string magnitude = magnitude_of(adapter);
    if (magnitude.empty()) continue;
    tensors.push_back({module + kMagnitudeEnding, tensor_named(claimed, adapter.strategy + "." + magnitude)});
  }
  for (const sdk::Parameter& parameter : view.parameters) {
    if (parameter.role == sdk::Role::head || !is_bias(parameter.name)) continue;
    if (!resolution.find(parameter.name)->ever_trains()) continue;
    tensors.push_back({bias_key(resolution, view, parameter.name), model.parameter(parameter.name)});
  }
  const model::Head& head = *model.find_head(task);
  tensors.push_back({std::string(kAdapterHeadPrefix) + "weight", head.weight});
  tensors.push_back({std::string(kAdapterHeadPrefix) + "bias", head.bias});
  for (model::NamedTensor& entry : tensors) entry.tensor = entry.tensor.detach();
  model::write_safetensors(folder / kAdapterWeightsFile, tensors);
  write_file_atomically(folder / kAdapterConfigFile, config_json(resolution, view, base).dump(2));
}

}  // namespace engram::checkpoint
