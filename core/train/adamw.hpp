// AdamW with decoupled weight decay (arXiv 1711.05101), through ATen's fused kernel; no bias, no host synchronisation.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "model/named_tensor.hpp"
#include "train/parameter_groups.hpp"

namespace engram::train {

struct AdamWSettings {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

class AdamW {
 public:
  explicit AdamW(AdamWSettings settings) : settings_(settings) {}

  // One update of every tensor that has a gradient, at `learning_rate` x the group's rate scale. `found_inf`, a scalar
  // (fp32) on the device, is 1 to skip the update without telling the host. Moments are kept by name, so a tensor that
  // stops training and starts again goes on where it stopped.
  void step(const std::vector<ParameterGroup>& groups, double learning_rate, const at::Tensor& found_inf);

  // Moments and step counts as "<name>/exp_avg", "<name>/exp_avg_sq", "<name>/step", sorted by name; live tensors.
  std::vector<model::NamedTensor> state() const;
  // Takes over a saved state; the tensors are moved to `device`.
  void restore(const std::vector<model::NamedTensor>& state, at::Device device);

 private:
  struct Moments {
    at::Tensor exp_avg;
    at::Tensor exp_avg_sq;
    at::Tensor step;
  };
  Moments& moments_of(const model::NamedTensor& entry);

  AdamWSettings settings_;
  std::unordered_map<std::string, Moments> moments_;
};

}  // namespace engram::train
