#include "strategy/loss_term_rules.hpp"

#include <algorithm>
#include <set>

#include "strategy/claim_match.hpp"
#include "strategy/penalty_rules.hpp"

namespace engram::strategy {
namespace {

std::vector<std::string> tasks_with_heads(const sdk::ModelView& view) {
  std::vector<std::string> tasks;
  for (const sdk::Parameter& parameter : view.parameters) {
    const bool is_new = parameter.role == sdk::Role::head && (tasks.empty() || tasks.back() != parameter.task);
    if (is_new) tasks.push_back(parameter.task);
  }
  return tasks;
}

void check_term(const sdk::LossTerm& term, const sdk::ModelView& view, const StrategyClaims& claims, Faults& faults) {
  const std::string user = "loss term '" + term.name + "'";
  check_weight(term.weight, user, claims, faults);
  for (const std::string& task : term.heads) {
    check_known(task, tasks_with_heads(view), "head", user, claims, faults);
  }
  for (const std::string& tap : term.taps) check_known(tap, view.taps, "tap", user, claims, faults);
  if (!term.loss) faults.add(claim_fault(claims, user + " has no loss function"));
}

// Every penalty and loss term of a strategy has its own name.
void check_names(const std::vector<StrategyClaims>& claims, Faults& faults) {
  std::set<std::string> seen;
  const auto check = [&](const StrategyClaims& strategy, const std::string& name) {
    if (name.empty()) {
      faults.add(claim_fault(strategy, "claims a penalty or a loss term without a name"));
    } else if (!seen.insert(strategy.strategy + "." + name).second) {
      faults.add(claim_fault(strategy, "claims two penalties or loss terms named '" + name + "'",
                             "give each its own name: reports show them by it"));
    }
  };
  for_each_claim<sdk::Penalty>(claims,
                               [&](const auto& strategy, const auto& penalty) { check(strategy, penalty.name); });
  for_each_claim<sdk::LossTerm>(claims, [&](const auto& strategy, const auto& term) { check(strategy, term.name); });
}

}  // namespace

void resolve_loss_terms(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims, Resolution& resolution,
                        Faults& faults) {
  check_names(claims, faults);
  for_each_claim<sdk::LossTerm>(claims, [&](const StrategyClaims& strategy, const sdk::LossTerm& term) {
    check_term(term, view, strategy, faults);
    make_schedulable(term.weight, strategy, resolution);
    resolution.loss_terms.push_back({strategy.strategy, term});
  });
  for_each_claim<sdk::Project>(claims, [&](const StrategyClaims& strategy, const sdk::Project& project) {
    if (!project.project) {
      faults.add(claim_fault(strategy, "the projection '" + project.name + "' has no function"));
    }
    if (!resolution.project) resolution.project = {strategy.strategy, project};
  });
}

}  // namespace engram::strategy
