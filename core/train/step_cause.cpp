// Looking for what made the numbers of a step not finite.
#include <algorithm>

#include "train/not_finite.hpp"
#include "train/trainer.hpp"

namespace engram::train {
namespace {

// Names the tensors that a backward pass gives gradients that are not finite, in its order, while it lives.
class GradientLookout {
 public:
  explicit GradientLookout(const std::vector<model::NamedTensor>& tensors) {
    for (const model::NamedTensor& entry : tensors) {
      entry.tensor.mutable_grad() = at::Tensor();
      const auto see = [this, name = entry.name](const at::Tensor& gradient) {
        const bool known = std::find(names_.begin(), names_.end(), name) != names_.end();
        if (!known && !at::isfinite(gradient).all().item<bool>()) names_.push_back(name);
      };
      hooks_.emplace_back(entry.tensor, entry.tensor.register_hook(see));
    }
  }
  ~GradientLookout() {
    for (const auto& [tensor, hook] : hooks_) tensor.remove_hook(hook);
  }
  GradientLookout(const GradientLookout&) = delete;
  GradientLookout& operator=(const GradientLookout&) = delete;

  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::pair<at::Tensor, unsigned>> hooks_;
  std::vector<std::string> names_;
};

void find_largest(const std::vector<model::NamedTensor>& tensors, StepCause& cause) {
  for (const model::NamedTensor& entry : tensors) {
    const at::Tensor& gradient = entry.tensor.grad();
    if (!gradient.defined()) continue;
    const double norm = at::linalg_vector_norm(gradient.cpu().to(at::kDouble)).item<double>();
    if (norm < cause.largest_norm) continue;
    cause.largest_norm = norm;
    cause.largest = entry.name;
  }
}

}  // namespace

StepCause Trainer::cause_of(const StepResult& step, const recipe::ScheduleResult& schedule) {
  StepCause cause{.weights = not_finite(live_)};
  if (!cause.weights.empty()) return cause;
  const auto forward = [&](const data::Examples& examples, const std::vector<int64_t>& rows) {
    return first_not_finite(model_, examples, rows, settings_.batch_size, settings_.precision, /*adapters=*/true);
  };
  if (const auto fault = forward(examples_, step.rows.fresh)) {
    cause.layer = fault->layer;
    cause.rows.fresh = fault->rows;
  }
  for (const MixedRows& mixed : step.rows.mixed) {
    const auto fault = forward(*mixed.examples, mixed.rows);
    if (!fault) continue;
    if (cause.layer.empty()) cause.layer = fault->layer;
    cause.rows.mixed.push_back({mixed.examples, fault->rows});
  }
  if (!cause.layer.empty()) return cause;
  if (step.step == done_) dropout_.set_state(dropout_before_);
  const GradientLookout lookout(trainable());
  accumulate(step.rows, schedule);
  cause.gradients = lookout.names();
  if (cause.gradients.empty()) find_largest(trainable(), cause);
  return cause;
}

}  // namespace engram::train
