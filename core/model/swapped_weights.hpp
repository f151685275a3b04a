// Other values in a model's own parameters for the length of a scope.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/model.hpp"

namespace engram::model {

// Exchanges which memory a parameter refers to: nothing is copied, the parameter stays the same tensor for whoever
// holds it, and its own values come back bit for bit. No graph that reaches the parameters may be alive.
class SwappedWeights {
 public:
  // `values` by parameter name, fp32, of the parameter's shape and on the model's device.
  SwappedWeights(const Model& model, const std::map<std::string, at::Tensor>& values);
  ~SwappedWeights();
  SwappedWeights(const SwappedWeights&) = delete;
  SwappedWeights& operator=(const SwappedWeights&) = delete;

 private:
  std::vector<std::pair<at::Tensor, at::Tensor>> own_;  // the parameter, and the values that come back
};

}  // namespace engram::model
