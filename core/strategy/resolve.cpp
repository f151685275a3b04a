#include <set>

#include "strategy/adapter_rules.hpp"
#include "strategy/composition_rules.hpp"
#include "strategy/data_rules.hpp"
#include "strategy/group_rules.hpp"
#include "strategy/loss_term_rules.hpp"
#include "strategy/penalty_rules.hpp"
#include "strategy/resolution.hpp"
#include "strategy/start_weight_rules.hpp"
#include "strategy/trainability_rules.hpp"
#include "strategy/virtual_token_rules.hpp"

namespace engram::strategy {
namespace {

bool any_adapts(const std::vector<StrategyClaims>& claims) {
  for (const StrategyClaims& strategy : claims) {
    for (const sdk::Claim& claim : strategy.plan.claims()) {
      const bool adapts = std::holds_alternative<sdk::Adapt>(claim) || std::holds_alternative<sdk::Prefix>(claim) ||
                          std::holds_alternative<sdk::Prompt>(claim);
      if (adapts) return true;
    }
  }
  return false;
}

// The whole trunk trains, or none of it once a strategy adapts; of the heads, only that of the trained task does.
std::vector<ResolvedTensor> by_default(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims) {
  const bool all = !any_adapts(claims);
  std::vector<ResolvedTensor> tensors;
  for (const sdk::Parameter& parameter : view.parameters) {
    ResolvedTensor tensor;
    tensor.name = parameter.name;
    tensor.shape = parameter.shape;
    tensor.owner = "default";
    tensor.trainability = {{{}, parameter.role == sdk::Role::head ? parameter.trained_head : all}};
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

bool names_differ(const std::vector<StrategyClaims>& claims, Faults& faults) {
  std::set<std::string> seen;
  bool differ = true;
  for (const StrategyClaims& strategy : claims) {
    if (seen.insert(strategy.strategy).second) continue;
    differ = false;
    faults.add({"the strategy '" + strategy.strategy + "' is named twice", strategy.place.text(), "",
                "name every strategy once"});
  }
  return differ;
}

}  // namespace

Resolution resolve(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims,
                   const std::vector<DataFacts>& data, Faults& faults) {
  Resolution resolution;
  resolution.tensors = by_default(view, claims);
  // Claims of two with one name would only be at odds with each other.
  if (!names_differ(claims, faults)) return resolution;
  resolve_trainability(view, claims, resolution.tensors, faults);
  resolve_tensors(claims, resolution.tensors, faults);
  resolve_groups(claims, resolution.tensors, faults);
  resolve_adapters(view, claims, resolution, faults);
  resolve_virtual_tokens(view, claims, resolution, faults);
  resolve_penalties(view, claims, resolution, faults);
  resolve_loss_terms(view, claims, resolution, faults);
  resolve_data(view, claims, data, resolution, faults);
  resolve_start_weights(view, claims, resolution, faults);
  check_composition(view, claims, data, resolution, faults);
  for (const StrategyClaims& strategy : claims) {
    for (const std::string& note : strategy.plan.notes()) resolution.notes.emplace_back(strategy.strategy, note);
  }
  return resolution;
}

}  // namespace engram::strategy
