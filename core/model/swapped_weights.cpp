#include "model/swapped_weights.hpp"

namespace engram::model {

SwappedWeights::SwappedWeights(const Model& model, const std::map<std::string, at::Tensor>& values) {
  for (const auto& [name, value] : values) {
    const at::Tensor live = model.parameter(name);
    own_.emplace_back(live, live.detach());
  }
  // Only now, when nothing is left that could fail: a destructor does not run for half a constructor.
  size_t i = 0;
  for (const auto& [name, value] : values) own_[i++].first.set_data(value);
}

SwappedWeights::~SwappedWeights() {
  for (const auto& [live, value] : own_) live.set_data(value);
}

}  // namespace engram::model
