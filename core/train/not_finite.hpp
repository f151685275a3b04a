// Where a model's numbers stop being finite: looked for once a result was not.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/examples.hpp"
#include "model/model.hpp"
#include "model/named_tensor.hpp"
#include "recipe/recipe.hpp"

namespace engram::train {

// The first operation of a forward pass that gives values that are not finite.
struct ForwardFault {
  std::string layer;          // "encoder.layer.3.attention.self.query", "embeddings", "heads.topics"
  std::vector<int64_t> rows;  // for which it does, as they were given
};

// Runs the rows forward, without gradients or dropout, `batch_size` at a time. Nothing: every value is finite.
// `adapters`: whether what strategies attached takes part.
std::optional<ForwardFault> first_not_finite(const model::Model& model, const data::Examples& examples,
                                             const std::vector<int64_t>& rows, int64_t batch_size,
                                             recipe::Precision precision, bool adapters);

// Names of tensors that hold a value that is not finite, in their order.
std::vector<std::string> not_finite(const std::vector<model::NamedTensor>& tensors);

}  // namespace engram::train
