#include "strategy/group_rules.hpp"

#include <cmath>
#include <map>

#include "base/text.hpp"
#include "strategy/claim_match.hpp"

namespace engram::strategy {
namespace {

bool check_group(const sdk::Group& group, const StrategyClaims& claims, Faults& faults) {
  const std::string what = "group '" + group.pattern.text + "' has ";
  bool fine = true;
  if (!(std::isfinite(group.rate_scale) && group.rate_scale > 0)) {
    faults.add(claim_fault(claims, what + "the rate scale " + text::shortest(group.rate_scale),
                           "a rate scale is greater than 0; to hold parameters still, freeze them"));
    fine = false;
  }
  if (group.weight_decay && !(std::isfinite(*group.weight_decay) && *group.weight_decay >= 0)) {
    faults.add(claim_fault(claims, what + "the weight decay " + text::shortest(*group.weight_decay),
                           "a weight decay is 0 or greater"));
    fine = false;
  }
  return fine;
}

std::vector<std::string> names_of(const std::vector<ResolvedTensor>& tensors) {
  std::vector<std::string> names;
  for (const ResolvedTensor& tensor : tensors) names.push_back(tensor.name);
  return names;
}

// By a projection's weight, the tensors of its adapters.
using AdapterTensors = std::map<std::string, std::vector<size_t>>;

AdapterTensors adapter_tensors(const std::vector<StrategyClaims>& claims, const std::vector<std::string>& names) {
  AdapterTensors tensors;
  for_each_claim<sdk::Adapt>(claims, [&](const StrategyClaims& strategy, const sdk::Adapt& adapt) {
    const std::string space = strategy.strategy + ".";
    const auto* low_rank = std::get_if<sdk::LowRank>(&adapt.adapter);
    const auto belongs = [&](const std::string& name) {
      if (low_rank == nullptr) return name.rfind(space + adapt.site + ".", 0) == 0;
      return name == space + low_rank->a || name == space + low_rank->b;
    };
    for (size_t i = 0; i < names.size(); ++i) {
      if (belongs(names[i])) tensors[adapt.site + ".weight"].push_back(i);
    }
  });
  return tensors;
}

// One strategy's last word on each tensor.
std::map<size_t, sdk::Group> last_groups(const StrategyClaims& claims, const std::vector<std::string>& names,
                                         const AdapterTensors& adapters, Faults& faults) {
  std::map<size_t, sdk::Group> groups;
  for (const sdk::Claim& claim : claims.plan.claims()) {
    const auto* group = std::get_if<sdk::Group>(&claim);
    if (group == nullptr) continue;
    const std::vector<size_t> found = matching(group->pattern.text, names, "group", claims, faults);
    if (!check_group(*group, claims, faults)) continue;
    for (const size_t i : found) {
      groups[i] = *group;
      const auto of_site = adapters.find(names[i]);
      if (of_site == adapters.end()) continue;
      for (const size_t adapter : of_site->second) groups[adapter] = *group;
    }
  }
  return groups;
}

}  // namespace

void resolve_groups(const std::vector<StrategyClaims>& claims, std::vector<ResolvedTensor>& tensors, Faults& faults) {
  const std::vector<std::string> names = names_of(tensors);
  const AdapterTensors adapters = adapter_tensors(claims, names);
  std::map<size_t, const StrategyClaims*> decay_owners;
  for (const StrategyClaims& strategy : claims) {
    std::map<const StrategyClaims*, std::vector<std::string>> disputed;
    for (const auto& [i, group] : last_groups(strategy, names, adapters, faults)) {
      tensors[i].rate_scale *= group.rate_scale;
      if (!group.weight_decay) continue;
      const auto [owner, is_first] = decay_owners.emplace(i, &strategy);
      if (is_first) {
        tensors[i].weight_decay = group.weight_decay;
      } else if (*tensors[i].weight_decay != *group.weight_decay) {
        disputed[owner->second].push_back(names[i]);
      }
    }
    for (const auto& [owner, of] : disputed) {
      faults.add(claim_fault(strategy,
                             "sets another weight decay than strategy '" + owner->strategy + "' (" +
                                 owner->place.text() + ") for " + std::to_string(of.size()) + " tensors (" + a_few(of) +
                                 ")",
                             "let one of the two strategies set the weight decay"));
    }
  }
}

std::vector<size_t> scaled_tensors(const StrategyClaims& strategy, const std::vector<StrategyClaims>& claims,
                                   const std::vector<ResolvedTensor>& tensors) {
  const std::vector<std::string> names = names_of(tensors);
  Faults already_reported;
  std::vector<size_t> scaled;
  for (const auto& [i, group] : last_groups(strategy, names, adapter_tensors(claims, names), already_reported)) {
    if (!tensors[i].kept && (group.rate_scale != 1 || group.weight_decay)) scaled.push_back(i);
  }
  return scaled;
}

}  // namespace engram::strategy
