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

// One strategy's last word on each tensor.
std::map<size_t, sdk::Group> last_groups(const StrategyClaims& claims, const std::vector<std::string>& names,
                                         Faults& faults) {
  std::map<size_t, sdk::Group> groups;
  for (const sdk::Claim& claim : claims.plan.claims()) {
    const auto* group = std::get_if<sdk::Group>(&claim);
    if (group == nullptr) continue;
    const std::vector<size_t> found = matching(group->pattern.text, names, "group", claims, faults);
    if (!check_group(*group, claims, faults)) continue;
    for (const size_t i : found) groups[i] = *group;
  }
  return groups;
}

}  // namespace

void resolve_groups(const std::vector<StrategyClaims>& claims, std::vector<ResolvedTensor>& tensors, Faults& faults) {
  std::vector<std::string> names;
  for (const ResolvedTensor& tensor : tensors) names.push_back(tensor.name);
  std::map<size_t, const StrategyClaims*> decay_owners;
  for (const StrategyClaims& strategy : claims) {
    std::map<const StrategyClaims*, std::vector<std::string>> disputed;
    for (const auto& [i, group] : last_groups(strategy, names, faults)) {
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

}  // namespace engram::strategy
