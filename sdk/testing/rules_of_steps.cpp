// Rules of the steps themselves.
#include "rules.hpp"

namespace engram::contract {

void all_is_finite(Subject& subject) {
  const std::vector<std::string>& found = subject.observed().not_finite;
  if (!found.empty()) throw Broken(found.front());
}

void only_claimed_changes(Subject& subject) {
  const std::vector<std::string>& found = subject.observed().strayed;
  if (!found.empty()) throw Broken(found.front());
}

void restored_step_is_the_same(Subject& subject) {
  constexpr int kStepsBefore = 4;  // in the second epoch, where gradual changes have begun
  Trial straight(subject.contract(), subject.family());
  for (int i = 0; i < kStepsBefore; ++i) straight.step();
  const Saved saved = straight.save();
  Trial restored(subject.contract(), subject.family(), saved);
  require_equal(saved.tensors, restored.tensors(), "after restoring");

  for (int i = 0; i < 2; ++i) {
    const at::Tensor expected = straight.step().loss, found = restored.step().loss;
    const std::string step = "step " + std::to_string(kStepsBefore + i + 1) + " of a restored run";
    if (!at::equal(expected, found)) throw Broken(step + " has another loss than the run that was never stopped");
    require_equal(straight.tensors(), restored.tensors(), step + " differs from that of the run never stopped");
  }
}

}  // namespace engram::contract
