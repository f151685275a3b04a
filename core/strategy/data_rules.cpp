#include "strategy/data_rules.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "strategy/claim_match.hpp"

namespace engram::strategy {
namespace {

// Beyond so many classes, one backward pass for each costs more than sampling loses.
constexpr int64_t kMostClassesExact = 20;

// The data set that a claim names, or nullptr with a fault. `user`: "pass 'fisher'".
const DataFacts* find_data(const std::string& name, const std::string& user, const std::vector<DataFacts>& data,
                           const StrategyClaims& claims, Faults& faults) {
  const auto found = std::find_if(data.begin(), data.end(), [&](const DataFacts& set) { return set.name == name; });
  if (found == data.end()) {
    std::vector<std::string> names;
    for (const DataFacts& set : data) names.push_back(set.name);
    faults.add(claim_fault(
        claims,
        user + " reads the data set '" + name + "', which the recipe does not have" + text::did_you_mean(name, names),
        "add data." + name + " with use = \"strategies\""));
    return nullptr;
  }
  if (found->evaluates) {
    faults.add(claim_fault(claims,
                           user + " reads the data set '" + name + "', which is there to evaluate: its score would " +
                               "no longer tell anything",
                           "name rows that are not evaluated, with use = \"strategies\""));
    return nullptr;
  }
  return &*found;
}

void check_labels(const DataFacts& set, const std::string& user, const StrategyClaims& claims, Faults& faults) {
  if (set.labelled) return;
  faults.add(claim_fault(claims, user + " needs labels, but the data set '" + set.name + "' has none",
                         "name the column of its labels: data." + set.name + ".label"));
}

// What a head that knows nothing says of a text tells nothing about the weights.
void check_head(const DataFacts& set, const std::string& user, const sdk::Pass& pass, const StrategyClaims& claims,
                Faults& faults) {
  if (!set.fresh_head || pass.when == sdk::Pass::When::after_training) return;
  faults.add(claim_fault(claims,
                         user + " measures the data set '" + set.name +
                             "' before training, under the fresh head of the task '" + set.task +
                             "', which knows nothing yet",
                         "name data of a task whose head comes from the model or from a probe"));
}

void check_count(int64_t count, int64_t least, const std::string& what, const std::string& user,
                 const StrategyClaims& claims, Faults& faults) {
  if (count >= least) return;
  faults.add(claim_fault(claims, user + " has " + std::to_string(count) + " " + what,
                         "give at least " + std::to_string(least)));
}

sdk::LabelMode settled(sdk::LabelMode labels, const DataFacts& set) {
  if (labels != sdk::LabelMode::automatic) return labels;
  return set.classes <= kMostClassesExact ? sdk::LabelMode::exact : sdk::LabelMode::sampled;
}

void resolve_squares(const sdk::SquaredGradients& squares, const DataFacts& set, const std::string& user,
                     const sdk::ModelView& view, const StrategyClaims& claims, ResolvedPass& pass, Faults& faults) {
  const std::vector<std::string> names = trunk_names(view);
  std::set<size_t> found;
  for (const sdk::Pattern& pattern : squares.parameters) {
    for (const size_t i : matching(pattern.text, names, user + ",", claims, faults)) found.insert(i);
  }
  for (const size_t i : found) pass.parameters.push_back(names[i]);
  if (squares.parameters.empty()) faults.add(claim_fault(claims, user + " names no parameter"));
  pass.labels = settled(squares.labels, set);
  if (pass.labels == sdk::LabelMode::given) check_labels(set, user, claims, faults);
  if (squares.squares == sdk::SquareMode::batch_mean && pass.labels == sdk::LabelMode::exact) {
    faults.add(claim_fault(claims, user + " squares the gradient of a batch's mean loss under every label",
                           "give LabelMode given, sampled or predicted: a mean loss needs one label for each sample"));
  }
}

void check_forward(const sdk::Forward& forward, const std::string& user, const sdk::ModelView& view,
                   const StrategyClaims& claims, Faults& faults) {
  std::vector<std::string> sites;
  for (const sdk::LinearSite& site : view.linear_sites) sites.push_back(site.name);
  for (const std::string& tap : forward.taps) check_known(tap, view.taps, "tap", user, claims, faults);
  for (const std::string& site : forward.inputs) check_known(site, sites, "linear site", user, claims, faults);
  if (!forward.visit) faults.add(claim_fault(claims, user + " has no visit function"));
}

void resolve_pass(const sdk::Pass& pass, const sdk::ModelView& view, const std::vector<DataFacts>& data,
                  const StrategyClaims& claims, Resolution& resolution, Faults& faults) {
  const std::string user = "pass '" + pass.name + "'";
  check_count(pass.samples, 0, "samples", user, claims, faults);
  check_count(pass.batch_size, 1, "samples in a batch", user, claims, faults);
  ResolvedPass resolved{claims.strategy, pass, {}, sdk::LabelMode::exact};
  const DataFacts* set = find_data(pass.data, user, data, claims, faults);
  if (const auto* forward = std::get_if<sdk::Forward>(&pass.work)) {
    check_forward(*forward, user, view, claims, faults);
  } else if (set != nullptr) {
    check_head(*set, user, pass, claims, faults);
    resolve_squares(std::get<sdk::SquaredGradients>(pass.work), *set, user, view, claims, resolved, faults);
  }
  resolution.passes.push_back(std::move(resolved));
}

void check_mix(const sdk::Mix& mix, const std::vector<DataFacts>& data, const StrategyClaims& claims, Faults& faults) {
  const std::string user = "the mix of '" + mix.data + "'";
  const DataFacts* set = find_data(mix.data, "a mix", data, claims, faults);
  if (set != nullptr) check_labels(*set, user, claims, faults);
  check_count(mix.rows, 0, "rows", user, claims, faults);
  if (!(mix.share > 0 && mix.share <= kMostMixed)) {
    faults.add(claim_fault(claims, user + " has the share " + text::shortest(mix.share),
                           "a share is greater than 0 and at most 0.9"));
  }
}

}  // namespace

void resolve_data(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims,
                  const std::vector<DataFacts>& data, Resolution& resolution, Faults& faults) {
  std::set<std::string> seen;
  for_each_claim<sdk::Pass>(claims, [&](const StrategyClaims& strategy, const sdk::Pass& pass) {
    if (!seen.insert(strategy.strategy + "." + pass.name).second) {
      faults.add(claim_fault(strategy, "claims two passes named '" + pass.name + "'", "give each its own name"));
    }
    resolve_pass(pass, view, data, strategy, resolution, faults);
  });
  for_each_claim<sdk::Mix>(claims, [&](const StrategyClaims& strategy, const sdk::Mix& mix) {
    check_mix(mix, data, strategy, faults);
    resolution.mixes.push_back({strategy.strategy, mix});
  });
}

}  // namespace engram::strategy
