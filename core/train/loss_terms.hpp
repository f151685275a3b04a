// Extra losses of strategies on a micro-batch's new examples: what they read, and what they add.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "data/batch.hpp"
#include "model/model.hpp"
#include "recipe/recipe.hpp"
#include "strategy/bound.hpp"
#include "strategy/start_weights.hpp"
#include "train/penalties.hpp"

namespace engram::train {

// A loss term of this step, its weight times the schedule's factor not 0.
struct ActiveTerm {
  const strategy::BoundLossTerm* term = nullptr;
  double strength = 0;
};
std::vector<ActiveTerm> active_terms(const std::vector<strategy::BoundLossTerm>& terms, const Factors& factors);

// What all active terms read together, of the model in training and of the untouched one.
struct TermReads {
  std::set<std::string> heads, taps;
  std::set<std::string> start_heads, start_taps;
};
TermReads reads_of(const std::vector<ActiveTerm>& terms);

// Logits (B, C) by task and hidden states (T, H) by tap of one batch, fp32.
struct Reading {
  std::map<std::string, at::Tensor> logits;
  std::map<std::string, at::Tensor> taps;
};

// The reading of the untouched model: weights before the first step, adapters off, no dropout, no graph. Empty, and
// without a pass, when nothing of it is read. No graph that reaches a parameter may be alive.
Reading read_start(const model::Model& model, const strategy::StartWeights& start, const data::Batch& batch,
                   const TermReads& reads, recipe::Precision precision);

// What terms see of a micro-batch.
struct TermInput {
  const data::Batch& batch;  // its new examples
  const std::vector<int64_t>&
      offsets;         // of their sequences among the tokens of taps; those of `start` lie as in the batch
  const Reading& now;  // with a graph
  const Reading& start;
};

// Adds the value of each term, strength included and divided by `examples`, to `values`; returns their sum with its
// graph, undefined without terms.
at::Tensor add_terms(const std::vector<ActiveTerm>& terms, const TermInput& input, int64_t examples,
                     std::map<std::string, at::Tensor>& values);

}  // namespace engram::train
