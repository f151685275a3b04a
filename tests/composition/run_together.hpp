// Several strategies in one short run: the tiny BERT with a new head "wind" that trains and a kept one, "season", whose
// rows strategies may use.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "strategy/strategies.hpp"
#include "train/trainer.hpp"

namespace engram::tests {

class RunTogether {
 public:
  // Throws what the host throws to refuse the strategies.
  explicit RunTogether(const std::vector<recipe::StrategyEntry>& entries);

  const strategy::Resolution& resolution() const { return resolution_; }
  train::StepResult step() { return trainer_->step({}); }
  // end() and finish(), with a score of 0 for every candidate. Returns the candidates' weights by label.
  std::map<std::string, std::map<std::string, at::Tensor>> finish();
  // Copies of all parameters and claimed tensors.
  std::map<std::string, at::Tensor> tensors() const;

 private:
  strategy::PassResults run_passes() const;

  data::Examples new_rows_;
  data::Examples old_rows_;
  recipe::Train settings_;
  std::unique_ptr<model::Model> model_;
  strategy::Strategies strategies_;
  strategy::Resolution resolution_;
  std::unique_ptr<train::Trainer> trainer_;
};

}  // namespace engram::tests
