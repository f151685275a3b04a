// Passes over a data set that strategies ask for: squared gradients per sample, and plain forward passes.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "data/examples.hpp"
#include "engram/sdk/views.hpp"
#include "model/model.hpp"

namespace engram::train {

// A seeded choice of `samples` rows (0: all) in ascending order.
std::vector<int64_t> choose_rows(int64_t available, int64_t samples, uint64_t seed);

struct SquaresRequest {
  std::vector<std::string> parameters;            // of the trunk
  sdk::LabelMode labels = sdk::LabelMode::exact;  // not automatic
  sdk::SquareMode squares = sdk::SquareMode::per_sample;
  int64_t batch_size = 32;
  uint64_t seed = 0;  // of LabelMode::sampled
  bool adapters = false;
};

struct Squares {
  std::map<std::string, at::Tensor> by_parameter;  // fp32, CPU, of each parameter's shape: the mean over samples
  int64_t samples = 0;
};

// Squared gradients of log p(label | sequence) under the head of examples.task, in evaluation mode (no dropout),
// whether the parameters train or not. Per-sample squares come from each layer's inputs and output gradients, a batch
// at a time: sum over tokens of the outer products, squared, summed over sequences; forgetting reference, section 4.
// LabelMode::exact runs C - 1 backward passes per batch: the columns of the Cholesky factor of diag(p) - p p^T, whose
// squares sum to those of the C class gradients weighted by p; SquareMode::batch_mean needs one label for each sample,
// so not that mode. Polls the interrupt flag between batches. Parameters, their gradients and whether they require any
// are left as they are. Throws DataError where LabelMode::given meets a row without a label.
Squares squared_gradients(const model::Model& model, const data::Examples& examples, const std::vector<int64_t>& rows,
                          const SquaresRequest& request);

// Calls visit with every batch of a forward pass without gradients or dropout. The view throws sdk::Error on what the
// request did not name.
void forward_pass(const model::Model& model, const data::Examples& examples, const std::vector<int64_t>& rows,
                  const sdk::Forward& request, int64_t batch_size, bool adapters);

}  // namespace engram::train
