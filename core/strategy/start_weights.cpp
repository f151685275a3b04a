#include "strategy/start_weights.hpp"

#include <ATen/core/grad_mode.h>

#include <utility>
#include <vector>

namespace engram::strategy {
namespace {

// Exchanges which memory a live parameter and its copy refer to: nothing is copied, and the parameter stays the same
// tensor for whoever holds it.
class Exchange {
 public:
  Exchange(const model::Model& model, const std::map<std::string, at::Tensor>& copies) {
    for (const auto& [name, copy] : copies) {
      const at::Tensor live = model.parameter(name);
      trained_.emplace_back(live, live.detach());
    }
    // Only now, when nothing is left that could fail: a destructor does not run for half a constructor.
    size_t i = 0;
    for (const auto& [name, copy] : copies) trained_[i++].first.set_data(copy);
  }
  ~Exchange() {
    for (const auto& [live, trained] : trained_) live.set_data(trained);
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

 private:
  std::vector<std::pair<at::Tensor, at::Tensor>> trained_;
};

}  // namespace

StartWeights::StartWeights(const model::Model& model, const std::vector<std::string>& names) : model_(model) {
  const at::NoGradGuard no_grad;
  for (const std::string& name : names) copies_[name] = model.parameter(name).detach().clone();
}

at::Tensor StartWeights::at(const std::string& parameter) const {
  const auto found = copies_.find(parameter);
  return found == copies_.end() ? model_.parameter(parameter).detach() : found->second;
}

void StartWeights::swapped_in(const std::function<void()>& function) const {
  const Exchange exchange(model_, copies_);
  function();
}

}  // namespace engram::strategy
