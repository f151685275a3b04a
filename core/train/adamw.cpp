#include "train/adamw.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "base/errors.hpp"

namespace engram::train {

AdamW::Moments& AdamW::moments_of(const model::NamedTensor& entry) {
  const auto [place, is_new] = moments_.try_emplace(entry.name);
  if (is_new) {
    place->second = {.exp_avg = at::zeros_like(entry.tensor),
                     .exp_avg_sq = at::zeros_like(entry.tensor),
                     .step = at::zeros({}, entry.tensor.options().dtype(at::kFloat))};
  }
  return place->second;
}

void AdamW::step(const std::vector<ParameterGroup>& groups, double learning_rate, const at::Tensor& found_inf) {
  const at::NoGradGuard no_grad;
  const at::Tensor counted = 1 - found_inf;
  for (const ParameterGroup& group : groups) {
    std::vector<at::Tensor> tensors, gradients, exp_avgs, exp_avg_sqs, steps;
    for (const model::NamedTensor& entry : group.tensors) {
      if (!entry.tensor.grad().defined()) continue;
      Moments& moments = moments_of(entry);
      tensors.push_back(entry.tensor);
      gradients.push_back(entry.tensor.grad());
      exp_avgs.push_back(moments.exp_avg);
      exp_avg_sqs.push_back(moments.exp_avg_sq);
      steps.push_back(moments.step);
    }
    if (tensors.empty()) continue;
    at::_foreach_add_(steps, counted);
    at::_fused_adamw_(tensors, gradients, exp_avgs, exp_avg_sqs, {}, steps, learning_rate * group.rate_scale,
                      settings_.beta1, settings_.beta2, group.weight_decay, settings_.epsilon, /*amsgrad=*/false,
                      /*maximize=*/false, /*grad_scale=*/{}, found_inf);
  }
}

std::vector<model::NamedTensor> AdamW::state() const {
  std::vector<model::NamedTensor> state;
  for (const auto& [name, moments] : moments_) {
    state.push_back({name + "/exp_avg", moments.exp_avg});
    state.push_back({name + "/exp_avg_sq", moments.exp_avg_sq});
    state.push_back({name + "/step", moments.step});
  }
  std::sort(state.begin(), state.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return state;
}

void AdamW::restore(const std::vector<model::NamedTensor>& state, at::Device device) {
  moments_.clear();
  for (const model::NamedTensor& entry : state) {
    const size_t slash = entry.name.rfind('/');
    const std::string part = slash == std::string::npos ? "" : entry.name.substr(slash + 1);
    Moments& moments = moments_[entry.name.substr(0, slash)];
    const at::Tensor value = entry.tensor.to(device, entry.tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
    if (part == "exp_avg") {
      moments.exp_avg = value;
    } else if (part == "exp_avg_sq") {
      moments.exp_avg_sq = value;
    } else if (part == "step") {
      moments.step = value;
    } else {
      throw DataError({.what = "the optimizer state holds the unknown entry '" + entry.name + "'"});
    }
  }
}

}  // namespace engram::train
