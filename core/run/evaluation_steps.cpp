#include "run/evaluation_steps.hpp"

#include <algorithm>
#include <set>

namespace engram::run {

std::vector<int64_t> evaluation_steps(const train::StepCount& count, int64_t inside_first) {
  std::set<int64_t> steps = {0, count.total};
  for (int64_t i = 1; i <= inside_first; ++i) {
    const int64_t step = i * count.per_epoch / (inside_first + 1);
    if (step > 0) steps.insert(std::min(step, count.total));
  }
  for (int64_t step = count.per_epoch; step < count.total; step += count.per_epoch) steps.insert(step);
  return {steps.begin(), steps.end()};
}

}  // namespace engram::run
