#include "strategy/start_weights.hpp"

#include <ATen/core/grad_mode.h>

#include "model/swapped_weights.hpp"

namespace engram::strategy {

StartWeights::StartWeights(const model::Model& model, const std::vector<std::string>& names) : model_(model) {
  const at::NoGradGuard no_grad;
  for (const std::string& name : names) copies_[name] = model.parameter(name).detach().clone();
}

at::Tensor StartWeights::at(const std::string& parameter) const {
  const auto found = copies_.find(parameter);
  return found == copies_.end() ? model_.parameter(parameter).detach() : found->second;
}

void StartWeights::swapped_in(const std::function<void()>& function) const {
  const model::SwappedWeights swapped(model_, copies_);
  function();
}

}  // namespace engram::strategy
