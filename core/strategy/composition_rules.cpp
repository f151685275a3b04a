#include "strategy/composition_rules.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "strategy/candidate.hpp"
#include "strategy/claim_match.hpp"
#include "strategy/data_rules.hpp"
#include "strategy/group_rules.hpp"

namespace engram::strategy {
namespace {

struct Situation {
  const sdk::ModelView& view;
  const std::vector<StrategyClaims>& claims;
  const std::vector<DataFacts>& data;
  const Resolution& resolution;
};

// One case of a broken rule: the strategy that is refused, the one it is at odds with, and a detail for the text.
struct Breach {
  const StrategyClaims* strategy = nullptr;
  const StrategyClaims* other = nullptr;
  std::string detail = {};
};
using Breaches = std::vector<Breach>;

struct Rule {
  const char* name;
  Breaches (*broken)(const Situation&);
  const char* text;  // after "strategy 'x': "; {other} and {detail} are filled in
  const char* fix;
};

const StrategyClaims* find_claims(const Situation& situation, const std::string& strategy) {
  for (const StrategyClaims& claims : situation.claims) {
    if (claims.strategy == strategy) return &claims;
  }
  return nullptr;
}

// The strategies that make a claim of one of these kinds, each once, in recipe order.
template <class... Claims>
std::vector<const StrategyClaims*> claimants(const Situation& situation) {
  std::vector<const StrategyClaims*> found;
  for (const StrategyClaims& strategy : situation.claims) {
    const auto& claims = strategy.plan.claims();
    const auto is_one = [](const sdk::Claim& claim) { return (std::holds_alternative<Claims>(claim) || ...); };
    if (std::any_of(claims.begin(), claims.end(), is_one)) found.push_back(&strategy);
  }
  return found;
}

std::vector<std::string> trained_trunk(const Situation& situation) {
  return trained_trunk(situation.view, situation.resolution);
}

// Who keeps these parameters from training: the strategy that said so, else the first for whose sake only new tensors
// train. `names` holds at least one parameter that never trains.
const StrategyClaims* holder(const Situation& situation, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const ResolvedTensor* tensor = situation.resolution.find(name);
    const StrategyClaims* owner = tensor == nullptr ? nullptr : find_claims(situation, tensor->owner);
    if (owner != nullptr && !tensor->ever_trains()) return owner;
  }
  const auto adapting = claimants<sdk::Adapt, sdk::Prefix, sdk::Prompt>(situation);
  return adapting.empty() ? nullptr : adapting.front();
}

bool trunk_changes(const Situation& situation) {
  return !trained_trunk(situation).empty() || !claimants<sdk::Adapt, sdk::Prefix, sdk::Prompt>(situation).empty();
}

bool head_trains(const Situation& situation, const std::string& task) {
  const auto& parameters = situation.view.parameters;
  return std::any_of(parameters.begin(), parameters.end(), [&](const sdk::Parameter& parameter) {
    return parameter.role == sdk::Role::head && parameter.task == task &&
           situation.resolution.find(parameter.name)->ever_trains();
  });
}

Breaches two_owners_of_virtual_tokens(const Situation& situation) {
  Breaches breaches;
  const auto owners = claimants<sdk::Prefix, sdk::Prompt>(situation);
  for (size_t i = 1; i < owners.size(); ++i) breaches.push_back({owners[i], owners.front()});
  return breaches;
}

Breaches two_kinds_of_virtual_tokens(const Situation& situation) {
  Breaches breaches;
  const auto prefixes = claimants<sdk::Prefix>(situation), prompts = claimants<sdk::Prompt>(situation);
  for (const StrategyClaims* strategy : prefixes) {
    if (std::find(prompts.begin(), prompts.end(), strategy) != prompts.end()) breaches.push_back({strategy});
  }
  return breaches;
}

Breaches adapters_beside_virtual_tokens(const Situation& situation) {
  const auto owners = claimants<sdk::Prefix, sdk::Prompt>(situation), adapting = claimants<sdk::Adapt>(situation);
  if (owners.empty() || adapting.empty()) return {};
  return {{owners.front(), adapting.front()}};
}

Breaches trained_weights_beside_virtual_tokens(const Situation& situation) {
  const auto owners = claimants<sdk::Prefix, sdk::Prompt>(situation);
  const std::vector<std::string> trained = trained_trunk(situation);
  if (owners.empty() || trained.empty()) return {};
  return {{owners.front(), find_claims(situation, situation.resolution.find(trained.front())->owner), a_few(trained)}};
}

// Whether a penalty has an effect on what it watches. Names that the model lacks are refused elsewhere.
bool acts(const sdk::Penalty& penalty, const Resolution& resolution) {
  return penalty.watched.empty() ||
         std::any_of(penalty.watched.begin(), penalty.watched.end(), [&](const sdk::Watched& watched) {
           const ResolvedTensor* tensor = resolution.find(watched.parameter);
           const auto adapts = [&](const ResolvedAdapter& a) { return a.adapt.site + ".weight" == watched.parameter; };
           return tensor == nullptr || tensor->ever_trains() ||
                  std::any_of(resolution.adapters.begin(), resolution.adapters.end(), adapts);
         });
}

Breaches penalties_without_effect(const Situation& situation) {
  Breaches breaches;
  for (const auto& [strategy, penalty] : situation.resolution.penalties) {
    if (acts(penalty, situation.resolution)) continue;
    std::vector<std::string> names;
    for (const sdk::Watched& watched : penalty.watched) names.push_back(watched.parameter);
    breaches.push_back({find_claims(situation, strategy), holder(situation, names), penalty.name});
  }
  return breaches;
}

// A term without effect on the model may still train its strategy's own tensors.
Breaches loss_terms_without_effect(const Situation& situation) {
  Breaches breaches;
  if (trunk_changes(situation)) return breaches;
  const StrategyClaims* other = holder(situation, trunk_names(situation.view));
  for (const auto& [strategy, term] : situation.resolution.loss_terms) {
    const auto trains = [&](const std::string& task) { return head_trains(situation, task); };
    const auto is_own = [&, &owner = strategy](const ResolvedTensor& tensor) {
      return tensor.claimed && tensor.owner == owner && tensor.ever_trains();
    };
    const auto& tensors = situation.resolution.tensors;
    const bool acts = std::any_of(term.heads.begin(), term.heads.end(), trains) ||
                      std::any_of(tensors.begin(), tensors.end(), is_own);
    if (!acts) breaches.push_back({find_claims(situation, strategy), other, term.name});
  }
  return breaches;
}

Breaches mixes_without_effect(const Situation& situation) {
  Breaches breaches;
  if (trunk_changes(situation)) return breaches;
  const StrategyClaims* other = holder(situation, trunk_names(situation.view));
  for (const auto& [strategy, mix] : situation.resolution.mixes) {
    const auto is_it = [&, &name = mix.data](const DataFacts& set) { return set.name == name; };
    const auto set = std::find_if(situation.data.begin(), situation.data.end(), is_it);
    // Data that the recipe lacks is refused elsewhere.
    if (set == situation.data.end() || head_trains(situation, set->task)) continue;
    breaches.push_back({find_claims(situation, strategy), other, mix.data});
  }
  return breaches;
}

Breaches groups_without_effect(const Situation& situation) {
  Breaches breaches;
  for (const StrategyClaims* strategy : claimants<sdk::Group>(situation)) {
    std::vector<std::string> still;
    bool any_trains = false;
    for (const size_t i : scaled_tensors(*strategy, situation.claims, situation.resolution.tensors)) {
      const ResolvedTensor& tensor = situation.resolution.tensors[i];
      any_trains = any_trains || tensor.ever_trains();
      still.push_back(tensor.name);
    }
    if (still.empty() || any_trains) continue;
    breaches.push_back({strategy, holder(situation, still), std::to_string(still.size())});
  }
  return breaches;
}

Breaches finishes_without_trained_weights(const Situation& situation) {
  Breaches breaches;
  if (!trained_trunk(situation).empty()) return breaches;
  const StrategyClaims* other = holder(situation, trunk_names(situation.view));
  for (const auto& [strategy, finish] : situation.resolution.finishes) {
    breaches.push_back({find_claims(situation, strategy), other, finish.name});
  }
  return breaches;
}

Breaches finishes_beside_adapters(const Situation& situation) {
  Breaches breaches;
  const auto adapting = claimants<sdk::Adapt, sdk::Prefix, sdk::Prompt>(situation);
  if (adapting.empty() || trained_trunk(situation).empty()) return breaches;
  for (const auto& [strategy, finish] : situation.resolution.finishes) {
    breaches.push_back({find_claims(situation, strategy), adapting.front(), finish.name});
  }
  return breaches;
}

Breaches two_projections(const Situation& situation) {
  std::vector<const StrategyClaims*> owners;
  for_each_claim<sdk::Project>(
      situation.claims, [&](const StrategyClaims& strategy, const sdk::Project&) { owners.push_back(&strategy); });
  Breaches breaches;
  for (size_t i = 1; i < owners.size(); ++i) breaches.push_back({owners[i], owners.front()});
  return breaches;
}

Breaches shares_that_leave_too_little(const Situation& situation) {
  double total = 0;
  for (const auto& [strategy, mix] : situation.resolution.mixes) total += mix.share;
  // A single share that is too large is refused where it is claimed.
  constexpr double kRounding = 1e-9;
  const auto& mixes = situation.resolution.mixes;
  if (mixes.size() < 2 || total <= kMostMixed + kRounding) return {};
  return {{find_claims(situation, mixes.back().strategy), find_claims(situation, mixes.front().strategy),
           text::shortest(total)}};
}

const std::vector<Rule>& rules() {
  static const std::vector<Rule> table = {
      {"one owner of virtual tokens", two_owners_of_virtual_tokens,
       "claims virtual tokens, as {other} does: prefixes or a prompt belong to one strategy", "keep one of the two"},
      {"one kind of virtual tokens", two_kinds_of_virtual_tokens, "claims prefixes and a prompt at once",
       "claim one of the two"},
      {"no adapters beside virtual tokens", adapters_beside_virtual_tokens,
       "claims virtual tokens while {other} adapts projections: no format of results holds both",
       "keep one of the two"},
      {"no trained weights beside virtual tokens", trained_weights_beside_virtual_tokens,
       "claims virtual tokens while {other} trains weights of the model ({detail}): no format of results holds both",
       "keep one of the two"},
      {"a penalty needs something to act on", penalties_without_effect,
       "the penalty '{detail}' has nothing to act on: nothing that it watches trains or is adapted, because of {other}",
       "keep one of the two, or let some of the watched parameters train"},
      {"a loss term needs something to act on", loss_terms_without_effect,
       "the loss term '{detail}' has nothing to act on: nothing of the model trains or is adapted, because of {other}",
       "keep one of the two, or let some of the model train"},
      {"a mix of another task needs something to act on", mixes_without_effect,
       "the mix of '{detail}' has nothing to act on: nothing of the model trains or is adapted, because of {other}, "
       "and the head of its task is kept",
       "keep one of the two, or let some of the model train"},
      {"groups need something that trains", groups_without_effect,
       "sets the rate or the decay of {detail} tensors, none of which ever trains, because of {other}",
       "keep one of the two, or let some of these tensors train"},
      {"a finish needs trained weights", finishes_without_trained_weights,
       "the finish '{detail}' works with the model's trained weights, but none of them trains, because of {other}",
       "keep one of the two: train weights of the model, or leave the finish out"},
      {"a finish needs weights without adapters", finishes_beside_adapters,
       "the finish '{detail}' changes the model's weights alone, but what {other} adds to them would stay at full "
       "strength",
       "keep one of the two"},
      {"one projection", two_projections,
       "changes the gradient after the penalties, as {other} does: one projection a run", "keep one of the two"},
      {"shares of at most 0.9", shares_that_leave_too_little,
       "its share and that of {other} add to {detail}: too little is left for the new task",
       "lower the shares, so that they add to at most 0.9"},
  };
  return table;
}

std::string with_place(const StrategyClaims* strategy) {
  if (strategy == nullptr) return "the recipe";
  return "strategy '" + strategy->strategy + "' (" + strategy->place.text() + ")";
}

}  // namespace

void check_composition(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims,
                       const std::vector<DataFacts>& data, const Resolution& resolution, Faults& faults) {
  const Situation situation{view, claims, data, resolution};
  for (const Rule& rule : rules()) {
    for (const Breach& breach : rule.broken(situation)) {
      const std::string what = text::replaced(rule.text, "{other}", with_place(breach.other));
      faults.add(claim_fault(*breach.strategy, text::replaced(what, "{detail}", breach.detail), rule.fix));
    }
  }
}

std::vector<std::string> composition_rule_names() {
  std::vector<std::string> names;
  for (const Rule& rule : rules()) names.emplace_back(rule.name);
  return names;
}

}  // namespace engram::strategy
