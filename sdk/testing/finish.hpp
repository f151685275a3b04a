// What a finish claim sees in the suite: candidates are scored on both tasks, nothing is kept.
#pragma once

#include "family.hpp"
#include "strategy/strategies.hpp"

namespace engram::contract {

class Finishing final : public sdk::FinishView {
 public:
  // Borrows everything; the strategies have been applied.
  Finishing(const model::Model& model, const strategy::Strategies& strategies, const strategy::Resolution& resolution)
      : model_(model), strategies_(strategies), resolution_(resolution) {}

  const sdk::ModelView& model() const override { return model_.view(); }
  std::vector<std::string> trained() const override;
  at::Tensor start(const std::string& name) const override { return strategies_.start_weights().at(name); }
  at::Tensor parameter(const std::string& name) const override { return model_.parameter(name); }
  // Refused as in a run: names that never trained, other shapes, values that are not finite.
  Scored candidate(const std::string& label, const std::map<std::string, at::Tensor>& weights) override;

 private:
  const model::Model& model_;
  const strategy::Strategies& strategies_;
  const strategy::Resolution& resolution_;
};

}  // namespace engram::contract
