// The weights before the first step: one copy for all strategies, of what trains; the rest is the live model.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace engram::strategy {

class StartWeights {
 public:
  // Copies the named parameters; taken before the first step, and before a resumed run's weights are restored.
  StartWeights(const model::Model& model, const std::vector<std::string>& names);

  // The parameter before the first step: the copy, or the live tensor where none was taken.
  at::Tensor at(const std::string& parameter) const;

  // Runs `function` with the model's parameters as they were before the first step, and puts the trained ones back, bit
  // for bit, whatever the function throws. It copies nothing; the function writes into no parameter. No graph that
  // reaches a parameter may be alive.
  void swapped_in(const std::function<void()>& function) const;

 private:
  const model::Model& model_;
  std::map<std::string, at::Tensor> copies_;
};

}  // namespace engram::strategy
