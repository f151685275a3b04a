// Made-up evaluations and examples, on which callbacks are tried before the run.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "recipe/history.hpp"
#include "recipe/scored_set.hpp"

namespace engram::script {

enum class Course { mixed, rising, falling };

// The sets and metrics of `names` with numbers between 0.05 and 0.95, different for every metric, so that differences
// and ratios are ordinary numbers.
recipe::History made_up_history(const recipe::Metrics& names, Course course, int evaluations);

constexpr int kMadeUpEvaluations = 8;
constexpr int64_t kMadeUpSteps = 1000;

// What the made-up model answers: three of four examples right; or the first class to everything, as fresh heads often
// do, so that the other classes are never predicted.
enum class Answers { mostly_right, one_class };

// Four examples of each class, both groups in each. Not copied: set() points into it.
class MadeUpExamples {
 public:
  MadeUpExamples(const recipe::SetShape& shape, Answers answers);
  MadeUpExamples(const MadeUpExamples&) = delete;
  MadeUpExamples& operator=(const MadeUpExamples&) = delete;
  const recipe::ScoredSet& set() const { return set_; }

 private:
  std::vector<int64_t> labels_;
  std::vector<int64_t> predictions_;
  std::vector<float> probabilities_;
  std::vector<std::string> groups_;
  recipe::ScoredSet set_;
};

// The same message at the same line; tracebacks and the values at hand may differ.
bool same_failure(const Fault& a, const Fault& b);

// Runs the work; the faults of a RecipeError that it throws are added, each once.
template <class Work>
void gather(Faults& faults, Work work) {
  try {
    work();
  } catch (const RecipeError& error) {
    for (const Fault& fault : error.faults()) {
      const auto same = [&](const Fault& known) { return same_failure(known, fault); };
      if (std::none_of(faults.list().begin(), faults.list().end(), same)) faults.add(fault);
    }
  }
}

}  // namespace engram::script
