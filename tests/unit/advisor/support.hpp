// A recipe that nothing can be said against, and what is said once one thing about it is changed.
#pragma once

#include <string>
#include <vector>

#include "advisor/advise.hpp"

namespace engram::tests {

// Full fine-tuning with freezing, warm-up and both tasks scored, on sets that are large enough.
inline advisor::Facts good_facts() {
  advisor::Facts facts;
  facts.training = {.trained = advisor::Trained::trunk,
                    .freezes = true,
                    .one_scale = false,
                    .epochs = 3,
                    .learning_rate = 2e-5,
                    .batch_size = 16,
                    .rows = 2000,
                    .steps = 375,
                    .first_factor = 0,
                    .mean_factor = 0.5,
                    .peak_factor = 1};
  facts.max_length = 128;
  facts.max_positions = 512;
  facts.has_strategies = true;
  facts.guards.score_reads = {"new.accuracy", "original.accuracy", "baseline.original.accuracy"};
  facts.guards.score_tolerates = 0.02;
  facts.evaluation = {{.name = "new", .rows = 500, .frequent_label = "joy", .frequent_share = 0.3},
                      {.name = "original", .original = true, .rows = 2000, .frequent_share = 0.25}};
  facts.texts = {{.name = "train", .rows = 2000, .cut = 10, .words = 60}};
  return facts;
}

inline std::string text_of(const advisor::Advice& advice) {
  return advisor::finding_of(advice) + ". " + advisor::change_of(advice);
}

inline std::vector<std::string> names(const advisor::Facts& facts) {
  std::vector<std::string> found;
  for (const advisor::Advice& advice : advisor::advise(facts)) found.push_back(advice.name);
  return found;
}

// The text of the only piece of advice, or how many there are.
inline std::string only_text(const advisor::Facts& facts) {
  const std::vector<advisor::Advice> advice = advisor::advise(facts);
  return advice.size() == 1 ? text_of(advice.front()) : std::to_string(advice.size()) + " pieces of advice";
}

}  // namespace engram::tests
