#include "script/dry_run.hpp"

#include <algorithm>

namespace engram::script {
namespace {

constexpr int kEvaluations = 8;
constexpr int64_t kSteps = 1000;

enum class Course { rising, falling, mixed };

// Between 0.05 and 0.95, different for every metric, so that differences and ratios are ordinary numbers.
recipe::Metrics made_up(const recipe::Metrics& names, Course course, int evaluation) {
  recipe::Metrics metrics = names;
  int index = 0;
  for (auto& [set, numbers] : metrics) {
    for (auto& [metric, number] : numbers) {
      const bool up = course == Course::rising || (course == Course::mixed && index % 2 == 0);
      const double start = 0.5 + 0.001 * index;
      number = start + (up ? 1 : -1) * 0.055 * evaluation;
      ++index;
    }
  }
  return metrics;
}

recipe::History made_up_history(const recipe::Metrics& names, Course course, int evaluations) {
  recipe::History history;
  history.baseline = made_up(names, course, 0);
  for (int i = 0; i < evaluations; ++i) {
    const double score = 0.5 + (course == Course::falling ? -0.05 : 0.05) * i;
    history.evaluations.push_back(
        {i * kSteps / kEvaluations, 3.0 * i / kEvaluations, made_up(names, course, i), score});
  }
  history.best = course == Course::falling ? 0 : history.evaluations.size() - 1;
  return history;
}

template <class Work>
void gather(Faults& faults, Work work) {
  try {
    work();
  } catch (const RecipeError& error) {
    for (const Fault& fault : error.faults()) {
      const auto same = [&](const Fault& known) { return known.text() == fault.text(); };
      if (std::none_of(faults.list().begin(), faults.list().end(), same)) faults.add(fault);
    }
  }
}

}  // namespace

void dry_run(Callbacks& callbacks, const recipe::Metrics& names, Faults& faults) {
  const Json kept = callbacks.state();
  gather(faults, [&] {
    for (const int64_t step : {int64_t{0}, int64_t{1}, kSteps / 2, kSteps - 1}) {
      callbacks.schedule({step, kSteps, 3.0 * static_cast<double>(step) / kSteps, 3.0});
    }
  });
  for (const Course course : {Course::mixed, Course::rising, Course::falling}) {
    for (const int evaluations : {1, kEvaluations}) {
      const recipe::History history = made_up_history(names, course, evaluations);
      gather(faults, [&] { callbacks.try_score(history.evaluations.back().metrics, history.baseline); });
      callbacks.restore(kept);
      gather(faults, [&] { callbacks.stop(history); });
    }
  }
  callbacks.restore(kept);
}

}  // namespace engram::script
