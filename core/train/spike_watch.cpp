#include "train/spike_watch.hpp"

#include <ATen/core/grad_mode.h>

#include <limits>

#include "base/errors.hpp"

namespace engram::train {
namespace {

constexpr const char* kSeen = "seen";
constexpr const char* kPosition = "position";

}  // namespace

SpikeWatch::SpikeWatch(const recipe::Spikes& policy, at::Device device)
    : factor_(policy.factor),
      window_(policy.window),
      seen_2W(at::full({2, policy.window}, std::numeric_limits<double>::infinity(),
                       at::TensorOptions(device).dtype(at::kFloat))),
      position_(at::zeros({}, at::TensorOptions(device).dtype(at::kLong))),
      places_W(at::arange(policy.window, at::TensorOptions(device).dtype(at::kLong))) {}

SpikeVerdict SpikeWatch::judge(const at::Tensor& loss, const at::Tensor& gradient_norm) {
  const at::NoGradGuard no_grad;
  const at::Tensor values_2 = at::stack({loss, gradient_norm});
  const at::Tensor limits_2 = seen_2W.mean(1) * factor_;
  const at::Tensor spike = at::logical_or(at::gt(values_2, limits_2), at::logical_not(at::isfinite(values_2))).any();
  const at::Tensor fine = at::logical_not(spike);
  const at::Tensor here_W = at::logical_and(at::eq(places_W, position_), fine);
  seen_2W = at::where(here_W, values_2.unsqueeze(1), seen_2W);
  position_ = at::remainder(position_ + fine.to(at::kLong), window_);
  return {.is_spike = spike.to(at::kFloat), .norm_limit = limits_2[1], .loss_limit = limits_2[0]};
}

std::vector<model::NamedTensor> SpikeWatch::state() const { return {{kSeen, seen_2W}, {kPosition, position_}}; }

void SpikeWatch::restore(const std::vector<model::NamedTensor>& state) {
  for (const model::NamedTensor& entry : state) {
    at::Tensor& mine = entry.name == kSeen ? seen_2W : position_;
    if (entry.tensor.sizes() != mine.sizes()) {
      throw DataError({.what = "the training state holds another window of spikes than train.spikes.window"});
    }
    mine = entry.tensor.to(mine.device(), mine.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
  }
}

}  // namespace engram::train
