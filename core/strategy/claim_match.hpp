// What the rules share: claims of one kind, patterns and names with the texts for those that match nothing.
#pragma once

#include <string>
#include <vector>

#include "base/errors.hpp"
#include "strategy/resolution.hpp"

namespace engram::strategy {

// Calls visit(strategy, claim) for every claim of one kind, in recipe order.
template <class Claim, class Visit>
void for_each_claim(const std::vector<StrategyClaims>& claims, const Visit& visit) {
  for (const StrategyClaims& strategy : claims) {
    for (const sdk::Claim& claim : strategy.plan.claims()) {
      if (const auto* found = std::get_if<Claim>(&claim)) visit(strategy, *found);
    }
  }
}

// Indices into `names` that the pattern matches. None: a fault naming the nearest names is added.
// `claim` says which call it was: "freeze", "train", "group".
std::vector<size_t> matching(const std::string& pattern, const std::vector<std::string>& names,
                             const std::string& claim, const StrategyClaims& claims, Faults& faults);

// Names of the model's parameters that belong to no head, in forward order.
std::vector<std::string> trunk_names(const sdk::ModelView& view);

// The tensor that a claim names in its own strategy's space. nullptr: a fault says that `user` ("the adapter of SITE")
// names a tensor that was not claimed.
const ResolvedTensor* own_tensor(const std::string& name, const std::string& user, const StrategyClaims& claims,
                                 const Resolution& resolution, Faults& faults);

// Adds a fault unless `name` is among `known`: "USER names the tap 'x', which the model does not have; did you mean
// ...".
bool check_known(const std::string& name, const std::vector<std::string>& known, const std::string& kind,
                 const std::string& user, const StrategyClaims& claims, Faults& faults);

// "a fault of this strategy", with its recipe line.
Fault claim_fault(const StrategyClaims& claims, const std::string& what, const std::string& fix = {});

// "a, b and 34 more".
std::string a_few(const std::vector<std::string>& names);

}  // namespace engram::strategy
