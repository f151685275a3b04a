// A projection that accepts adapters: the model's LinearSite at work.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "kernels/dropout.hpp"
#include "model/model.hpp"

namespace engram::model {

// A parameter by name; the model's look-up while it is put together.
using ParameterSource = std::function<at::Tensor(const std::string& name)>;

// How one forward pass treats adapters, virtual tokens and dropout; made once per pass from Pass.
struct PassState {
  kernels::DropoutSource dropout;  // empty in evaluation
  bool adapters = true;
  std::function<void(const Recorded&)> on_record = {};
};

// y = x W^T + b, plus what the attached adapters add, in order of attachment.
class Linear {
 public:
  Linear() = default;
  Linear(const std::string& name, const ParameterSource& parameters)
      : name_(name), weight_(parameters(name + ".weight")), bias_(parameters(name + ".bias")) {}

  // x (N, in) -> (N, out).
  at::Tensor forward(const at::Tensor& x, const PassState& pass) const;
  int64_t outputs() const { return weight_.size(0); }
  void attach(BoundAdapter adapter) { adapters_.push_back(std::move(adapter)); }
  void detach_all() { adapters_.clear(); }

 private:
  at::Tensor with_adapters(const at::Tensor& x, const at::Tensor& base, const PassState& pass) const;

  std::string name_;
  at::Tensor weight_;
  at::Tensor bias_;
  std::vector<BoundAdapter> adapters_;
};

}  // namespace engram::model
