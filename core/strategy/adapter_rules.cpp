#include "strategy/adapter_rules.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "strategy/claim_match.hpp"

namespace engram::strategy {
namespace {

std::string shape_text(const std::vector<int64_t>& shape) {
  std::vector<std::string> sizes;
  for (const int64_t size : shape) sizes.push_back(std::to_string(size));
  return "(" + text::join(sizes, ", ") + ")";
}

const sdk::LinearSite* find_site(const sdk::ModelView& view, const std::string& name) {
  const auto found = std::find_if(view.linear_sites.begin(), view.linear_sites.end(),
                                  [&](const sdk::LinearSite& site) { return site.name == name; });
  return found == view.linear_sites.end() ? nullptr : &*found;
}

// The claimed tensor a LowRank names, or nullptr with a fault.
const ResolvedTensor* low_rank_tensor(const std::string& name, const std::string& site, const StrategyClaims& claims,
                                      const Resolution& resolution, Faults& faults) {
  const ResolvedTensor* tensor = resolution.find(claims.strategy + "." + name);
  if (tensor != nullptr) return tensor;
  std::vector<std::string> own;
  const std::string space = claims.strategy + ".";
  for (const ResolvedTensor& known : resolution.tensors) {
    if (known.claimed && known.name.rfind(space, 0) == 0) own.push_back(known.name.substr(space.size()));
  }
  faults.add(claim_fault(claims,
                         "the adapter of " + site + " names the tensor '" + name + "', which was not claimed" +
                             text::did_you_mean(name, own),
                         "claim it by plan.tensor() first"));
  return nullptr;
}

void check_low_rank(const sdk::LowRank& adapter, const sdk::LinearSite& site, const StrategyClaims& claims,
                    const Resolution& resolution, Faults& faults) {
  const std::string what = "the adapter of " + site.name + " has ";
  if (!std::isfinite(adapter.scale) || adapter.scale == 0) {
    faults.add(
        claim_fault(claims, what + "the scale " + text::shortest(adapter.scale) + ", so that it adds nothing usable"));
  }
  if (!(adapter.dropout >= 0 && adapter.dropout < 1)) {
    faults.add(
        claim_fault(claims, what + "dropout " + text::shortest(adapter.dropout), "dropout is at least 0 and below 1"));
  }
  const ResolvedTensor* a = low_rank_tensor(adapter.a, site.name, claims, resolution, faults);
  const ResolvedTensor* b = low_rank_tensor(adapter.b, site.name, claims, resolution, faults);
  if (a == nullptr || b == nullptr) return;
  const bool fits = a->shape.size() == 2 && b->shape.size() == 2 && a->shape[1] == site.in && b->shape[0] == site.out &&
                    a->shape[0] == b->shape[1];
  if (!fits) {
    faults.add(claim_fault(claims, "the adapter of " + site.name + " needs A (rank, " + std::to_string(site.in) +
                                       ") and B (" + std::to_string(site.out) + ", rank), but A is " +
                                       shape_text(a->shape) + " and B " + shape_text(b->shape)));
  }
}

// Both functions are needed: one to train, one to write checkpoints, which hold plain weights.
void check_custom(const sdk::Custom& adapter, const sdk::LinearSite& site, const StrategyClaims& claims,
                  Faults& faults) {
  const std::string what = "the adapter of " + site.name + " has no ";
  if (!adapter.delta) faults.add(claim_fault(claims, what + "delta function"));
  if (!adapter.merged_delta) {
    faults.add(claim_fault(claims, what + "merged_delta function, without which no checkpoint can be written",
                           "give Custom::merged_delta: the change of the weight that does the same without dropout"));
  }
}

void check_site(const sdk::Adapt& adapt, const sdk::ModelView& view, const StrategyClaims& claims,
                const Resolution& resolution, Faults& faults) {
  const sdk::LinearSite* site = find_site(view, adapt.site);
  if (site == nullptr) {
    std::vector<std::string> names;
    for (const sdk::LinearSite& known : view.linear_sites) names.push_back(known.name);
    faults.add(claim_fault(claims, "adapts '" + adapt.site + "', which is no linear site of the model" +
                                       text::did_you_mean(adapt.site, names)));
  } else if (const auto* low_rank = std::get_if<sdk::LowRank>(&adapt.adapter)) {
    check_low_rank(*low_rank, *site, claims, resolution, faults);
  } else {
    check_custom(std::get<sdk::Custom>(adapt.adapter), *site, claims, faults);
  }
}

bool check_tensor(const sdk::Tensor& tensor, std::set<std::string>& seen, const StrategyClaims& claims,
                  Faults& faults) {
  if (tensor.name.empty()) {
    faults.add(claim_fault(claims, "claims a tensor without a name"));
    return false;
  }
  if (!seen.insert(tensor.name).second) {
    faults.add(claim_fault(claims, "claims the tensor '" + tensor.name + "' twice"));
    return false;
  }
  if (std::any_of(tensor.shape.begin(), tensor.shape.end(), [](int64_t size) { return size < 1; })) {
    faults.add(claim_fault(claims, "claims the tensor '" + tensor.name + "' with the shape " + shape_text(tensor.shape),
                           "every size is at least 1"));
    return false;
  }
  return true;
}

}  // namespace

void resolve_tensors(const std::vector<StrategyClaims>& claims, std::vector<ResolvedTensor>& tensors, Faults& faults) {
  for (const StrategyClaims& strategy : claims) {
    std::set<std::string> seen;
    for (const sdk::Claim& claim : strategy.plan.claims()) {
      const auto* tensor = std::get_if<sdk::Tensor>(&claim);
      if (tensor == nullptr || !check_tensor(*tensor, seen, strategy, faults)) continue;
      ResolvedTensor resolved;
      resolved.name = strategy.strategy + "." + tensor->name;
      resolved.shape = tensor->shape;
      resolved.owner = strategy.strategy;
      resolved.trainability = {{{}, tensor->trains}};
      resolved.claimed = true;
      resolved.init = tensor->init;
      resolved.kept = !tensor->trains;
      tensors.push_back(std::move(resolved));
    }
  }
}

void resolve_adapters(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims, Resolution& resolution,
                      Faults& faults) {
  for (const StrategyClaims& strategy : claims) {
    for (const sdk::Claim& claim : strategy.plan.claims()) {
      const auto* adapt = std::get_if<sdk::Adapt>(&claim);
      if (adapt == nullptr) continue;
      check_site(*adapt, view, strategy, resolution, faults);
      resolution.adapters.push_back({strategy.strategy, *adapt});
    }
  }
}

}  // namespace engram::strategy
