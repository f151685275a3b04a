// A projection that accepts adapters: the model's LinearSite at work.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "kernels/dropout.hpp"
#include "model/model.hpp"

namespace engram::model {

// How one forward pass treats adapters and dropout; made once per pass from Pass.
struct PassState {
  kernels::DropoutSource dropout;  // empty in evaluation
  bool adapters = true;
};

// y = x W^T + b, plus what the attached adapters add, in order of attachment.
class Linear {
 public:
  Linear() = default;
  Linear(at::Tensor weight, at::Tensor bias) : weight_(std::move(weight)), bias_(std::move(bias)) {}

  // x (N, in) -> (N, out).
  at::Tensor forward(const at::Tensor& x, const PassState& pass) const;
  void attach(BoundAdapter adapter) { adapters_.push_back(std::move(adapter)); }
  void detach_all() { adapters_.clear(); }

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  std::vector<BoundAdapter> adapters_;
};

}  // namespace engram::model
