#include "strategy/candidate.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "engram/sdk/error.hpp"

namespace engram::strategy {

std::vector<std::string> trained_trunk(const sdk::ModelView& view, const Resolution& resolution) {
  std::vector<std::string> names;
  for (const sdk::Parameter& parameter : view.parameters) {
    if (parameter.role == sdk::Role::head) continue;
    const ResolvedTensor* tensor = resolution.find(parameter.name);
    if (tensor != nullptr && tensor->ever_trains()) names.push_back(parameter.name);
  }
  return names;
}

void check_candidate(const std::string& label, const std::map<std::string, at::Tensor>& weights,
                     const model::Model& model, const Resolution& resolution) {
  const std::string gives = "the candidate '" + label + "' gives ";
  const std::vector<std::string> allowed = trained_trunk(model.view(), resolution);
  for (const auto& [name, value] : weights) {
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
      throw sdk::Error(gives + "weights for '" + name + "', which is no parameter that trained" +
                       text::did_you_mean(name, allowed));
    }
    if (!value.defined() || value.sizes() != model.parameter(name).sizes()) {
      throw sdk::Error(gives + "'" + name + "' another shape");
    }
    if (!at::isfinite(value).all().item<bool>()) throw sdk::Error(gives + "'" + name + "' values that are not finite");
  }
}

}  // namespace engram::strategy
