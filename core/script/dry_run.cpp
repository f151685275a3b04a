#include "script/dry_run.hpp"

#include <algorithm>

#include "script/made_up.hpp"

namespace engram::script {
namespace {

// What ran away once is not tried again: it takes a second each time.
bool ran_away(const Faults& faults, const std::string& callback) {
  const auto is = [&](const Fault& fault) { return fault.what == callback + " ran away"; };
  return std::any_of(faults.list().begin(), faults.list().end(), is);
}

void try_schedule(Callbacks& callbacks, const recipe::Metrics& names, const Json& kept, Faults& faults) {
  for (const Course course : {Course::mixed, Course::rising, Course::falling}) {
    if (ran_away(faults, "schedule")) return;
    callbacks.restore(kept);
    const recipe::History first = made_up_history(names, course, 1);  // a run scores before it takes its first step
    const recipe::History history = made_up_history(names, course, kMadeUpEvaluations);
    gather(faults, [&] {
      for (const int64_t step : {int64_t{0}, int64_t{1}, kMadeUpSteps / 2, kMadeUpSteps - 1}) {
        const double epoch = 3.0 * static_cast<double>(step) / kMadeUpSteps;
        callbacks.schedule({step, kMadeUpSteps, epoch, 3.0, step == 0 ? &first : &history});
      }
      callbacks.state();
    });
  }
}

void try_score_and_stop(Callbacks& callbacks, const recipe::Metrics& names, const Json& kept, Faults& faults) {
  for (const Course course : {Course::mixed, Course::rising, Course::falling}) {
    for (const int evaluations : {1, kMadeUpEvaluations}) {
      const recipe::History history = made_up_history(names, course, evaluations);
      gather(faults, [&] {
        if (ran_away(faults, "score")) return;
        callbacks.try_score(history.evaluations.back().metrics, history.baseline);
      });
      callbacks.restore(kept);
      gather(faults, [&] {
        if (ran_away(faults, "stop")) return;
        callbacks.stop(history);
        callbacks.state();
      });
    }
  }
}

}  // namespace

void dry_run(Callbacks& callbacks, OutsideCheck& outside, const recipe::Metrics& names, Faults& faults) {
  const Json kept = callbacks.state();
  try_schedule(callbacks, names, kept, faults);
  gather(faults, [&] { outside.check(); });
  try_score_and_stop(callbacks, names, kept, faults);
  gather(faults, [&] { outside.check(); });
  callbacks.restore(kept);
}

}  // namespace engram::script
