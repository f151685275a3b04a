// Claims of a step bound to live tensors, their functions guarded: what the trainer works with.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "engram/sdk/plan.hpp"
#include "engram/sdk/views.hpp"
#include "model/model.hpp"

namespace engram::strategy {

struct BoundWatched {
  std::string parameter;
  at::Tensor weight;                          // the live parameter
  at::Tensor importance;                      // undefined: 1
  at::Tensor anchor;                          // of the weight's shape; the weight itself where it never trains
  std::vector<model::BoundAdapter> adapters;  // of the projection whose weight this is
};

struct BoundPenalty {
  std::string name;         // "ewc.fisher": strategy and claim
  std::string schedulable;  // "ewc.lambda"
  double weight = 0;        // before the schedule's factor
  std::vector<BoundWatched> watched;
};

struct BoundLossTerm {
  std::string name;
  std::string schedulable;
  double weight = 0;
  sdk::LossTerm claim;       // its function guarded
  sdk::TensorByName tensor;  // the strategy's own
  // What its function was lent, kept in being should it have kept a reference; made by whoever calls it.
  mutable std::shared_ptr<sdk::LossView> view = {};
};

struct BoundClaims {
  std::vector<BoundPenalty> penalties;
  std::vector<BoundLossTerm> loss_terms;
};

}  // namespace engram::strategy
