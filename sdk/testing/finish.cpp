#include "finish.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "base/text.hpp"
#include "engram/sdk/error.hpp"
#include "eval/evaluator.hpp"

namespace engram::contract {
namespace {

// The old values of the weights that a candidate replaces.
class Swapped {
 public:
  Swapped(const model::Model& model, const std::map<std::string, at::Tensor>& weights) {
    const at::NoGradGuard no_grad;
    for (const auto& [name, tensor] : weights) {
      at::Tensor live = model.parameter(name);
      old_.push_back({live, live.detach().clone()});
      live.copy_(tensor);
    }
  }
  ~Swapped() {
    const at::NoGradGuard no_grad;
    for (auto& [live, old] : old_) live.copy_(old);
  }
  Swapped(const Swapped&) = delete;
  Swapped& operator=(const Swapped&) = delete;

 private:
  std::vector<std::pair<at::Tensor, at::Tensor>> old_;
};

}  // namespace

std::vector<std::string> Finishing::trained() const {
  std::vector<std::string> names;
  for (const sdk::Parameter& parameter : model_.view().parameters) {
    if (parameter.role == sdk::Role::head) continue;
    const strategy::ResolvedTensor* tensor = resolution_.find(parameter.name);
    if (tensor != nullptr && tensor->ever_trains()) names.push_back(parameter.name);
  }
  return names;
}

void Finishing::check(const std::string& label, const std::map<std::string, at::Tensor>& weights) const {
  const std::string gives = "the candidate '" + label + "' gives ";
  const std::vector<std::string> allowed = trained();
  for (const auto& [name, value] : weights) {
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
      throw sdk::Error(gives + "weights for '" + name + "', which is no parameter that trained" +
                       text::did_you_mean(name, allowed));
    }
    if (!value.defined() || value.sizes() != parameter(name).sizes()) {
      throw sdk::Error(gives + "'" + name + "' another shape");
    }
    if (!at::isfinite(value).all().item<bool>()) {
      throw sdk::Error(gives + "'" + name + "' values that are not finite");
    }
  }
}

sdk::FinishView::Scored Finishing::candidate(const std::string& label,
                                             const std::map<std::string, at::Tensor>& weights) {
  check(label, weights);
  const Swapped swapped(model_, weights);
  Scored scored;
  for (const data::Examples* rows : {&new_rows(), &original_rows()}) {
    for (const auto& [metric, value] : eval::evaluate(model_, *rows, {}).metrics) {
      scored.metrics[rows->task + "." + metric] = value;
    }
  }
  scored.score = scored.metrics.at("new.accuracy") + scored.metrics.at("original.accuracy");
  return scored;
}

}  // namespace engram::contract
