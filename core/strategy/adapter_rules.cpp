#include "strategy/adapter_rules.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/text.hpp"
#include "model/view_lookup.hpp"
#include "strategy/claim_match.hpp"

namespace engram::strategy {
namespace {

void check_low_rank(const sdk::LowRank& adapter, const sdk::LinearSite& site, const StrategyClaims& claims,
                    const Resolution& resolution, Faults& faults) {
  const std::string user = "the adapter of " + site.name;
  const std::string what = user + " has ";
  if (!std::isfinite(adapter.scale) || adapter.scale == 0) {
    faults.add(
        claim_fault(claims, what + "the scale " + text::shortest(adapter.scale) + ", so that it adds nothing usable"));
  }
  if (!(adapter.dropout >= 0 && adapter.dropout < 1)) {
    faults.add(
        claim_fault(claims, what + "dropout " + text::shortest(adapter.dropout), "dropout is at least 0 and below 1"));
  }
  const ResolvedTensor* a = own_tensor(adapter.a, user, claims, resolution, faults);
  const ResolvedTensor* b = own_tensor(adapter.b, user, claims, resolution, faults);
  if (a == nullptr || b == nullptr) return;
  const bool fits = a->shape.size() == 2 && b->shape.size() == 2 && a->shape[1] == site.in && b->shape[0] == site.out &&
                    a->shape[0] == b->shape[1];
  if (!fits) {
    faults.add(claim_fault(claims, user + " needs A (rank, " + std::to_string(site.in) + ") and B (" +
                                       std::to_string(site.out) + ", rank), but A is " + text::shape(a->shape) +
                                       " and B " + text::shape(b->shape)));
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
  const sdk::LinearSite* site = model::linear_site_named(view, adapt.site);
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
    faults.add(claim_fault(claims,
                           "claims the tensor '" + tensor.name + "' with the shape " + text::shape(tensor.shape),
                           "every size is at least 1"));
    return false;
  }
  return true;
}

}  // namespace

void resolve_tensors(const std::vector<StrategyClaims>& claims, std::vector<ResolvedTensor>& tensors, Faults& faults) {
  std::map<std::string, std::set<std::string>> seen;
  for_each_claim<sdk::Tensor>(claims, [&](const StrategyClaims& strategy, const sdk::Tensor& tensor) {
    if (!check_tensor(tensor, seen[strategy.strategy], strategy, faults)) return;
    ResolvedTensor resolved;
    resolved.name = strategy.strategy + "." + tensor.name;
    resolved.shape = tensor.shape;
    resolved.owner = strategy.strategy;
    resolved.trainability = {{{}, tensor.use == sdk::Tensor::Use::trained}};
    resolved.claimed = true;
    resolved.init = tensor.init;
    resolved.kept = tensor.use != sdk::Tensor::Use::trained;
    resolved.carried = tensor.use == sdk::Tensor::Use::carried;
    tensors.push_back(std::move(resolved));
  });
}

void resolve_adapters(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims, Resolution& resolution,
                      Faults& faults) {
  for_each_claim<sdk::Adapt>(claims, [&](const StrategyClaims& strategy, const sdk::Adapt& adapt) {
    check_site(adapt, view, strategy, resolution, faults);
    resolution.adapters.push_back({strategy.strategy, adapt});
  });
}

}  // namespace engram::strategy
