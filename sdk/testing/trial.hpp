// One run in memory: a strategy applied to a family's model, and a trainer over the rows of "new".
#pragma once

#include <engram/sdk/testing.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "family.hpp"
#include "strategy/strategies.hpp"
#include "train/trainer.hpp"

namespace engram::contract {

using TensorsByName = std::map<std::string, at::Tensor>;

// Everything that a checkpoint holds.
struct Saved {
  int64_t step = 0;
  TensorsByName tensors;
  std::vector<model::NamedTensor> trainer;
  std::vector<strategy::StrategyState> strategies;
};

// The plugin with the case's settings. Throws what the host throws to refuse them.
strategy::Strategies load(const sdk::ContractCase& contract);

class Trial {
 public:
  // Passes run, tensors are initialised, everything is attached. Throws what the host throws.
  Trial(const sdk::ContractCase& contract, const Family& family);
  // Goes on from `saved`, as a resumed run does.
  Trial(const sdk::ContractCase& contract, const Family& family, const Saved& saved);

  model::Model& model() { return *model_; }
  strategy::Strategies& strategies() { return strategies_; }
  const strategy::Resolution& resolution() const { return resolution_; }
  train::Trainer& trainer() { return *trainer_; }

  train::StepResult step() { return trainer_->step({}); }
  // In the order of a run: every finish claim, the passes after training, end().
  void finish();

  // Copies of all parameters and claimed tensors, by the resolution's names.
  TensorsByName tensors() const;
  Saved save() const;

 private:
  void prepare();
  std::unique_ptr<train::Trainer> make_trainer();
  strategy::PassResults run_passes(sdk::Pass::When when) const;
  std::vector<model::NamedTensor> live() const;

  std::unique_ptr<model::Model> model_;
  strategy::Strategies strategies_;
  strategy::Resolution resolution_;
  recipe::Train settings_;
  std::unique_ptr<train::Trainer> trainer_;
};

// Logits of both heads on every row of "new", in evaluation mode.
at::Tensor logits(const model::Model& model);

}  // namespace engram::contract
