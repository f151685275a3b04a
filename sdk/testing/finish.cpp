#include "finish.hpp"

#include "eval/evaluator.hpp"
#include "model/swapped_weights.hpp"
#include "strategy/candidate.hpp"

namespace engram::contract {

std::vector<std::string> Finishing::trained() const { return strategy::trained_trunk(model_.view(), resolution_); }

sdk::FinishView::Scored Finishing::candidate(const std::string& label,
                                             const std::map<std::string, at::Tensor>& weights) {
  strategy::check_candidate(label, weights, model_, resolution_);
  const model::SwappedWeights swapped(model_, weights);
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
