#include "checkpoint/trained_adapter.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <set>

#include "checkpoint/peft_names.hpp"
#include "checkpoint/planned_adapter.hpp"
#include "model/view_lookup.hpp"

namespace engram::checkpoint {
namespace {

using Tensors = std::vector<model::NamedTensor>;

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
         (magnitude.empty() || has_shape(resolution, magnitude, 1));
}

// The trunk's own parameters that train, heads left out.
std::vector<std::string> trained_trunk(const strategy::Resolution& resolution, const sdk::ModelView& view) {
  std::vector<std::string> names;
  for (const sdk::Parameter& parameter : view.parameters) {
    if (parameter.role == sdk::Role::head) continue;
    const strategy::ResolvedTensor* tensor = resolution.find(parameter.name);
    if (tensor != nullptr && tensor->ever_trains()) names.push_back(parameter.name);
  }
  return names;
}

// peft writes no biases, those of adapted modules, or all of them.
bool are_biases_of_peft(const std::vector<std::string>& trained, const std::set<std::string>& sites,
                        const sdk::ModelView& view) {
  if (!std::all_of(trained.begin(), trained.end(), is_bias)) return false;
  size_t all = 0, of_sites = 0;
  for (const sdk::Parameter& parameter : view.parameters) {
    if (parameter.role == sdk::Role::head || !is_bias(parameter.name)) continue;
    ++all;
    of_sites += sites.count(parameter.name.substr(0, parameter.name.rfind('.')));
  }
  const bool only_of_sites = std::all_of(trained.begin(), trained.end(), [&](const std::string& name) {
    return sites.contains(name.substr(0, name.rfind('.')));
  });
  return trained.empty() || trained.size() == all || (trained.size() == of_sites && only_of_sites);
}

bool covers_every_site(const strategy::Resolution& resolution, const sdk::ModelView& view) {
  std::set<std::string> sites;
  for (const auto& [strategy, prefix] : resolution.prefixes) sites.insert(prefix.site);
  const bool same_width = std::all_of(
      view.attention_sites.begin(), view.attention_sites.end(),
      [&](const sdk::AttentionSite& site) { return key_width(site) == key_width(view.attention_sites.front()); });
  return same_width && sites.size() == view.attention_sites.size();
}

void add_virtual_tokens(TrainedAdapter& trained, const sdk::ModelView& view, const strategy::Resolution& resolution,
                        const Tensors& claimed) {
  const std::string owner = resolution.prompt ? resolution.prompt->strategy : resolution.prefixes.front().strategy;
  const std::vector<at::Tensor> made = made_by_sources(
      resolution, view,
      [&, space = owner + "."](const std::string& name) { return claimed_tensor(claimed, space + name); });
  const auto kind = resolution.prompt ? VirtualTokens::Kind::prompt : VirtualTokens::Kind::prefix;
  trained.adapter.peft_type = resolution.prompt ? kPromptType : kPrefixType;
  trained.adapter.virtual_tokens = {.kind = kind, .rows = at::cat(made, 1)};
  for (const std::string& name : trained_by(owner, resolution)) {
    const at::Tensor& tensor = claimed_tensor(claimed, name);
    const bool is_row = std::any_of(made.begin(), made.end(), [&](const auto& t) { return t.is_same(tensor); });
    if (!is_row) trained.not_held.push_back(name);
  }
}

void add_updates(Adapter& adapter, const model::Model& model, const strategy::Resolution& resolution,
                 const Tensors& claimed) {
  const auto& adapters = resolution.adapters;
  adapter.peft_type = kLoraType;
  adapter.dropout = low_rank_of(adapters.front())->dropout;
  adapter.rslora = std::all_of(adapters.begin(), adapters.end(), [](const auto& entry) {
    return low_rank_of(entry)->wording == sdk::LowRank::Wording::alpha_by_root_of_rank;
  });
  for (const strategy::ResolvedAdapter& entry : adapters) {
    const sdk::LowRank& low_rank = *low_rank_of(entry);
    const std::string space = entry.strategy + ".", magnitude = magnitude_of(entry);
    adapter.updates.push_back({.site = entry.adapt.site,
                               .a = claimed_tensor(claimed, space + low_rank.a),
                               .b = claimed_tensor(claimed, space + low_rank.b),
                               .magnitude = magnitude.empty() ? at::Tensor() : claimed_tensor(claimed, magnitude),
                               .scale = low_rank.scale});
  }
  for (const std::string& name : trained_trunk(resolution, model.view())) {
    adapter.parameters.push_back({name, model.parameter(name)});
  }
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
  return !sites.empty() && are_biases_of_peft(trained_trunk(resolution, view), sites, view);
}

bool fits_virtual_tokens(const strategy::Resolution& resolution, const sdk::ModelView& view) {
  if (!resolution.adapters.empty() || (resolution.prefixes.empty() && !resolution.prompt)) return false;
  if (!resolution.prompt && !covers_every_site(resolution, view)) return false;
  return trained_trunk(resolution, view).empty();
}

TrainedAdapter trained_adapter(const model::Model& model, const strategy::Resolution& resolution,
                               const Tensors& claimed, const std::string& task, const std::string& base) {
  const at::NoGradGuard no_grad;
  const model::Head& head = *model.find_head(task);
  TrainedAdapter trained{.adapter = {.base = base, .head_weight = head.weight, .head_bias = head.bias}, .not_held = {}};
  if (fits_virtual_tokens(resolution, model.view())) {
    add_virtual_tokens(trained, model.view(), resolution, claimed);
  } else {
    add_updates(trained.adapter, model, resolution, claimed);
  }
  return trained;
}

}  // namespace engram::checkpoint
