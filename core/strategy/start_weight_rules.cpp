#include "strategy/start_weight_rules.hpp"

#include <algorithm>
#include <set>

#include "strategy/claim_match.hpp"

namespace engram::strategy {
namespace {

using Names = std::set<std::string>;

void add_claimed(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims, Names& needed, Faults& faults) {
  std::vector<std::string> names;
  for (const sdk::Parameter& parameter : view.parameters) names.push_back(parameter.name);
  for_each_claim<sdk::Snapshot>(claims, [&](const StrategyClaims& strategy, const sdk::Snapshot& snapshot) {
    for (const size_t i : matching(snapshot.pattern.text, names, "snapshot", strategy, faults)) needed.insert(names[i]);
  });
}

void add_trunk(const sdk::ModelView& view, Names& needed) {
  for (std::string& name : trunk_names(view)) needed.insert(std::move(name));
}

void add_heads(const sdk::ModelView& view, const std::vector<std::string>& tasks, Names& needed) {
  for (const sdk::Parameter& parameter : view.parameters) {
    const bool named = std::find(tasks.begin(), tasks.end(), parameter.task) != tasks.end();
    if (parameter.role == sdk::Role::head && named) needed.insert(parameter.name);
  }
}

}  // namespace

void resolve_start_weights(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims,
                           Resolution& resolution, Faults& faults) {
  Names needed;
  add_claimed(view, claims, needed, faults);
  for (const auto& [strategy, penalty] : resolution.penalties) {
    for (const sdk::Watched& watched : penalty.watched) {
      if (watched.anchor.empty()) needed.insert(watched.parameter);
    }
  }
  for (const auto& [strategy, term] : resolution.loss_terms) {
    if (!term.start) continue;
    add_trunk(view, needed);
    add_heads(view, term.heads, needed);
  }
  for_each_claim<sdk::Finish>(claims, [&](const StrategyClaims& strategy, const sdk::Finish& finish) {
    if (!finish.finish) faults.add(claim_fault(strategy, "finish '" + finish.name + "' has no function"));
    resolution.finishes.push_back({strategy.strategy, finish});
    add_trunk(view, needed);
  });
  for (const ResolvedTensor& tensor : resolution.tensors) {
    const bool copied = !tensor.claimed && tensor.ever_trains() && needed.count(tensor.name) > 0;
    if (copied) resolution.snapshot.push_back(tensor.name);
  }
}

}  // namespace engram::strategy
