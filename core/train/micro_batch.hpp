// One micro-batch: new and mixed examples in one forward pass, every example under its own task's head.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <span>
#include <string>
#include <vector>

#include "data/examples.hpp"
#include "model/model.hpp"
#include "recipe/recipe.hpp"
#include "strategy/strategies.hpp"
#include "train/loss_terms.hpp"
#include "train/mixing.hpp"

namespace engram::train {

// What the micro-batches of one optimizer step share.
struct StepInput {
  const model::Model& model;
  const strategy::StartWeights& start;
  const strategy::Strategies& strategies;
  const data::Examples& examples;
  recipe::Precision precision = recipe::Precision::fp32;
  model::Pass pass;  // training
  std::vector<ActiveTerm> terms;
  TermReads reads;
  int64_t total = 0;     // new examples of the step
  double new_share = 1;  // every example weighs new_share / total
};

// Runs forward and backward: gradients add to .grad(). Adds this part's share of the mean loss over new examples to
// `loss`, and of every term's weighted mean to `terms`.
void run_micro_batch(const StepInput& step, std::span<const int64_t> rows, const std::vector<MixedRows>& mixed,
                     const at::Tensor& loss, std::map<std::string, at::Tensor>& terms);

}  // namespace engram::train
