#include "strategy/idle_strategies.hpp"

#include <algorithm>

#include "strategy/trainability_rules.hpp"

namespace engram::strategy {
namespace {

bool only_freezes_trains_and_scales(const StrategyClaims& strategy) {
  const auto& claims = strategy.plan.claims();
  return !claims.empty() && std::all_of(claims.begin(), claims.end(), [](const sdk::Claim& claim) {
    return std::holds_alternative<sdk::Freeze>(claim) || std::holds_alternative<sdk::Train>(claim) ||
           std::holds_alternative<sdk::Group>(claim);
  });
}

bool trains_alike(const ResolvedTensor& a, const ResolvedTensor& b) {
  return trainability_text(a.trainability) == trainability_text(b.trainability) && a.rate_scale == b.rate_scale &&
         a.weight_decay == b.weight_decay;
}

// Data sets have no say in what trains.
std::vector<ResolvedTensor> tensors_of(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims) {
  Faults reported_elsewhere;
  return resolve(view, claims, {}, reported_elsewhere).tensors;
}

}  // namespace

std::vector<std::string> warnings_of_idle(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims) {
  std::vector<std::string> warnings;
  for (size_t i = 0; i < claims.size(); ++i) {
    if (!only_freezes_trains_and_scales(claims[i])) continue;
    std::vector<StrategyClaims> others = claims;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    const std::vector<ResolvedTensor> with = tensors_of(view, claims), without = tensors_of(view, others);
    if (!std::equal(with.begin(), with.end(), without.begin(), without.end(), trains_alike)) continue;
    warnings.push_back("strategy '" + claims[i].strategy +
                       "' changes nothing: what trains, from when and at which rate is the same without it (" +
                       claims[i].place.text() + ")");
  }
  return warnings;
}

}  // namespace engram::strategy
