// A linear head fitted on a frozen model: how an original task without a head gets one before a run.
#pragma once

#include <string>
#include <vector>

#include "data/examples.hpp"
#include "model/model.hpp"

namespace engram::train {

// Multinomial logistic regression on the pooled vectors of `examples` (evaluation mode, adapters off), by full-batch
// AdamW from zero weights with a small L2 term; convex, deterministic, independent of any seed.
// Polls the interrupt flag.
model::Head fit_probe(const model::Model& model, const data::Examples& examples, std::vector<std::string> labels,
                      int64_t batch_size);

}  // namespace engram::train
