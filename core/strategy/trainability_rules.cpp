#include "strategy/trainability_rules.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.hpp"
#include "strategy/claim_match.hpp"

namespace engram::strategy {
namespace {

using Timeline = std::vector<TrainabilityChange>;

bool is_start(const sdk::From& from) { return from.step.value_or(0) == 0 && from.epoch.value_or(0) == 0; }

bool same(const sdk::From& a, const sdk::From& b) { return a.step == b.step && a.epoch == b.epoch; }

bool same(const Timeline& a, const Timeline& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const TrainabilityChange& x, const TrainabilityChange& y) {
                      return x.trains == y.trains && same(x.from, y.from);
                    });
}

// Whether an entry at `a` is overwritten by a later claim that holds from `b` on. Steps and epochs are not comparable
// before the run's length is known; the order of the claims then decides.
bool not_before(const sdk::From& a, const sdk::From& b) {
  if (is_start(b)) return true;
  if (a.step && b.step) return *a.step >= *b.step;
  if (a.epoch && b.epoch) return *a.epoch >= *b.epoch;
  return false;
}

// "Trains from step 100" says that it does not train before, unless an earlier claim says so.
void refine(Timeline& timeline, const sdk::From& from, bool trains) {
  const sdk::From when = is_start(from) ? sdk::From{} : from;
  timeline.erase(std::remove_if(timeline.begin(), timeline.end(),
                                [&](const TrainabilityChange& change) { return not_before(change.from, when); }),
                 timeline.end());
  if (timeline.empty() && !is_start(when)) timeline.push_back({{}, false});
  if (timeline.empty() || timeline.back().trains != trains) timeline.push_back({when, trains});
}

bool check_from(const sdk::From& from, const std::string& pattern, const StrategyClaims& claims, Faults& faults) {
  const std::string what = "train '" + pattern + "' starts at ";
  if (from.step && from.epoch) {
    faults.add(claim_fault(claims, what + "a step and at an epoch", "give one of the two"));
  } else if (from.step && *from.step < 0) {
    faults.add(claim_fault(claims, what + "step " + std::to_string(*from.step), "steps count from 0"));
  } else if (from.epoch && !(std::isfinite(*from.epoch) && *from.epoch >= 0)) {
    faults.add(claim_fault(claims, what + "epoch " + text::shortest(*from.epoch), "epochs count from 0"));
  } else {
    return true;
  }
  return false;
}

// Indices of the matching parameters that are no heads: whether a head trains is settled by the recipe's tasks.
std::vector<size_t> matching_trunk(const sdk::ModelView& view, const std::vector<std::string>& names,
                                   const std::string& pattern, const char* claim, const StrategyClaims& claims,
                                   Faults& faults) {
  std::vector<size_t> found = matching(pattern, names, claim, claims, faults);
  const bool matched = !found.empty();
  std::erase_if(found, [&](size_t i) { return view.parameters[i].role == sdk::Role::head; });
  if (matched && found.empty()) {
    faults.add(claim_fault(claims,
                           std::string(claim) + " '" + pattern +
                               "' matches only heads: that of the trained task always trains, and the others never do",
                           "drop the claim, or match parameters of the model"));
  }
  return found;
}

// One strategy's timelines by parameter index; its later claims refine its earlier ones.
std::map<size_t, Timeline> timelines(const sdk::ModelView& view, const std::vector<std::string>& names,
                                     const StrategyClaims& claims, Faults& faults) {
  std::map<size_t, Timeline> result;
  for (const sdk::Claim& claim : claims.plan.claims()) {
    if (const auto* train = std::get_if<sdk::Train>(&claim)) {
      const std::vector<size_t> found = matching_trunk(view, names, train->pattern.text, "train", claims, faults);
      if (!check_from(train->from, train->pattern.text, claims, faults)) continue;
      for (const size_t i : found) refine(result[i], train->from, true);
    } else if (const auto* freeze = std::get_if<sdk::Freeze>(&claim)) {
      for (const size_t i : matching_trunk(view, names, freeze->pattern.text, "freeze", claims, faults)) {
        refine(result[i], {}, false);
      }
    }
  }
  return result;
}

// All parameters on which the same two strategies disagree in the same way, as one fault.
struct Conflict {
  std::vector<std::string> names;
  const StrategyClaims* later = nullptr;
};

}  // namespace

std::string trainability_text(const Timeline& changes) {
  const auto when = [](const sdk::From& from) {
    if (from.step) return "step " + std::to_string(*from.step);
    return from.epoch ? "epoch " + text::shortest(*from.epoch) : std::string("the start");
  };
  std::string words;
  for (const TrainabilityChange& change : changes) {
    const bool first = &change == &changes.front();
    if (first && !change.trains) continue;
    words += words.empty() ? "" : ", ";
    words += (change.trains ? "from " : "until ") + when(change.from);
  }
  return words.empty() ? "never" : words;
}

void resolve_trainability(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims,
                          std::vector<ResolvedTensor>& tensors, Faults& faults) {
  std::vector<std::string> names;
  for (const sdk::Parameter& parameter : view.parameters) names.push_back(parameter.name);
  std::map<size_t, const StrategyClaims*> owners;
  std::map<std::string, Conflict> conflicts;
  for (const StrategyClaims& strategy : claims) {
    for (auto& [i, timeline] : timelines(view, names, strategy, faults)) {
      const auto [owner, is_first] = owners.emplace(i, &strategy);
      if (is_first) {
        tensors[i].owner = strategy.strategy;
        tensors[i].trainability = timeline;
      } else if (!same(tensors[i].trainability, timeline)) {
        Conflict& conflict = conflicts["strategy '" + owner->second->strategy + "' (" + owner->second->place.text() +
                                       ") says they train " + trainability_text(tensors[i].trainability) +
                                       ", strategy '" + strategy.strategy + "' " + trainability_text(timeline)];
        conflict.names.push_back(names[i]);
        conflict.later = &strategy;
      }
    }
  }
  for (const auto& [text, conflict] : conflicts) {
    faults.add({"two strategies disagree about " + std::to_string(conflict.names.size()) + " parameters (" +
                    a_few(conflict.names) + "): " + text,
                conflict.later->place.text(), "", "narrow one of the two strategies, or drop it"});
  }
}

}  // namespace engram::strategy
