#include "strategy/penalty_rules.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/text.hpp"
#include "strategy/claim_match.hpp"

namespace engram::strategy {
namespace {

using ParameterByName = std::map<std::string, const sdk::Parameter*>;

ParameterByName by_name(const sdk::ModelView& view) {
  ParameterByName parameters;
  for (const sdk::Parameter& parameter : view.parameters) parameters[parameter.name] = &parameter;
  return parameters;
}

// The parameter that a penalty watches, or nullptr with a fault.
const sdk::Parameter* watched_parameter(const std::string& name, const std::string& user,
                                        const ParameterByName& parameters, const StrategyClaims& claims,
                                        Faults& faults) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) {
    std::vector<std::string> names;
    for (const auto& [known, parameter] : parameters) names.push_back(known);
    check_known(name, names, "parameter", user, claims, faults);
    return nullptr;
  }
  if (found->second->role != sdk::Role::head) return found->second;
  faults.add(claim_fault(claims, user + " watches '" + name + "', which belongs to a head",
                         "watch parameters of the model: a new head has nothing to return to"));
  return nullptr;
}

// An importance or an anchor, where one is named.
void check_companion(const std::string& name, const std::string& kind, const sdk::Parameter& parameter,
                     const std::string& user, const StrategyClaims& claims, const Resolution& resolution,
                     Faults& faults) {
  if (name.empty()) return;
  const ResolvedTensor* tensor = own_tensor(name, user, claims, resolution, faults);
  if (tensor == nullptr || tensor->shape == parameter.shape) return;
  faults.add(claim_fault(claims, user + ": the " + kind + " '" + name + "' has the shape " +
                                     text::shape(tensor->shape) + ", but " + parameter.name + " has " +
                                     text::shape(parameter.shape)));
}

void check_penalty(const sdk::Penalty& penalty, const ParameterByName& parameters, const StrategyClaims& claims,
                   const Resolution& resolution, Faults& faults) {
  const std::string user = "penalty '" + penalty.name + "'";
  check_weight(penalty.weight, user, claims, faults);
  if (penalty.watched.empty()) faults.add(claim_fault(claims, user + " watches no parameter"));
  std::set<std::string> seen;
  for (const sdk::Watched& watched : penalty.watched) {
    if (!seen.insert(watched.parameter).second) {
      faults.add(claim_fault(claims, user + " watches '" + watched.parameter + "' twice"));
      continue;
    }
    const sdk::Parameter* parameter = watched_parameter(watched.parameter, user, parameters, claims, faults);
    if (parameter == nullptr) continue;
    check_companion(watched.importance, "importance", *parameter, user, claims, resolution, faults);
    check_companion(watched.anchor, "anchor", *parameter, user, claims, resolution, faults);
  }
}

}  // namespace

void check_weight(const std::string& weight, const std::string& user, const StrategyClaims& claims, Faults& faults) {
  std::vector<std::string> numbers;
  for (const auto& [name, value] : claims.settings.values()) {
    if (std::holds_alternative<double>(value)) numbers.push_back(name);
  }
  if (std::find(numbers.begin(), numbers.end(), weight) == numbers.end()) {
    faults.add(claim_fault(claims,
                           user + " has the weight '" + weight + "', which is no number that the strategy declares" +
                               text::did_you_mean(weight, numbers),
                           "declare it by number() in the schema"));
    return;
  }
  const double value = claims.settings.number(weight);
  if (std::isfinite(value) && value >= 0) return;
  faults.add(claim_fault(claims, user + " has the weight " + weight + " = " + text::shortest(value),
                         "a weight is 0 or greater"));
}

void make_schedulable(const std::string& weight, const StrategyClaims& claims, Resolution& resolution) {
  const std::string name = claims.strategy + "." + weight;
  const auto& known = resolution.schedulable;
  if (std::find(known.begin(), known.end(), name) == known.end()) resolution.schedulable.push_back(name);
}

void resolve_penalties(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims, Resolution& resolution,
                       Faults& faults) {
  const ParameterByName parameters = by_name(view);
  for_each_claim<sdk::Penalty>(claims, [&](const StrategyClaims& strategy, const sdk::Penalty& penalty) {
    check_penalty(penalty, parameters, strategy, resolution, faults);
    make_schedulable(penalty.weight, strategy, resolution);
    resolution.penalties.push_back({strategy.strategy, penalty});
  });
}

}  // namespace engram::strategy
