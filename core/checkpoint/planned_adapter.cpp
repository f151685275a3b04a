#include "checkpoint/planned_adapter.hpp"

#include <algorithm>

#include "base/errors.hpp"

namespace engram::checkpoint {

const sdk::LowRank* low_rank_of(const strategy::ResolvedAdapter& adapter) {
  if (const auto* custom = std::get_if<sdk::Custom>(&adapter.adapt.adapter)) {
    return custom->peft_kind == "dora" ? &custom->low_rank : nullptr;
  }
  return std::get_if<sdk::LowRank>(&adapter.adapt.adapter);
}

std::string magnitude_of(const strategy::ResolvedAdapter& adapter) {
  const auto* custom = std::get_if<sdk::Custom>(&adapter.adapt.adapter);
  return custom == nullptr || custom->magnitude.empty() ? "" : adapter.strategy + "." + custom->magnitude;
}

const at::Tensor& claimed_tensor(const std::vector<model::NamedTensor>& claimed, const std::string& name) {
  for (const model::NamedTensor& entry : claimed) {
    if (entry.name == name) return entry.tensor;
  }
  throw InternalError({.what = "the claimed tensor '" + name + "' is in the plan and not in memory"});
}

std::map<std::string, PlannedUpdate> planned_updates(const strategy::Resolution& resolution,
                                                     std::vector<std::string>& others) {
  std::map<std::string, PlannedUpdate> planned;
  for (const strategy::ResolvedAdapter& adapter : resolution.adapters) {
    const sdk::LowRank* low_rank = low_rank_of(adapter);
    const std::string space = adapter.strategy + ".";
    const strategy::ResolvedTensor* a = low_rank == nullptr ? nullptr : resolution.find(space + low_rank->a);
    if (a == nullptr || a->shape.size() != 2 || planned.contains(adapter.adapt.site)) {
      others.push_back(adapter.adapt.site + " (" + adapter.strategy + ")");
      continue;
    }
    planned[adapter.adapt.site] = {.a = space + low_rank->a,
                                   .b = space + low_rank->b,
                                   .magnitude = magnitude_of(adapter),
                                   .rank = a->shape[0],
                                   .scale = low_rank->scale};
  }
  return planned;
}

std::vector<std::string> trained_by(const std::string& strategy, const strategy::Resolution& resolution) {
  std::vector<std::string> names;
  for (const strategy::ResolvedTensor& tensor : resolution.tensors) {
    if (tensor.claimed && !tensor.kept && tensor.owner == strategy) names.push_back(tensor.name);
  }
  return names;
}

std::optional<PlannedTokens> planned_tokens(const strategy::Resolution& resolution, VirtualTokens::Kind kind) {
  if (kind == VirtualTokens::Kind::prompt) {
    if (!resolution.prompt) return {};
    return PlannedTokens{resolution.prompt->strategy, resolution.prompt->claim.tokens, 1};
  }
  if (resolution.prefixes.empty()) return {};
  const auto& [strategy, prefix] = resolution.prefixes.front();
  return PlannedTokens{strategy, prefix.tokens, resolution.prefixes.size()};
}

std::vector<at::Tensor> made_by_sources(const strategy::Resolution& resolution, const sdk::ModelView& view,
                                        const sdk::TensorByName& tensor) {
  if (resolution.prompt) return {resolution.prompt->claim.source(tensor)};
  std::vector<at::Tensor> made;
  for (const sdk::AttentionSite& site : view.attention_sites) {
    for (const auto& [strategy, prefix] : resolution.prefixes) {
      if (prefix.site != site.name) continue;
      const sdk::KeysValues both = prefix.source(tensor);
      made.push_back(both.keys);
      made.push_back(both.values);
    }
  }
  return made;
}

bool is_one_of(const at::Tensor& tensor, const std::vector<model::NamedTensor>& tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [&](const auto& entry) { return tensor.is_same(entry.tensor); });
}

}  // namespace engram::checkpoint
