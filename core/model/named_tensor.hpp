// A tensor with its name: the unit of state dictionaries.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace engram::model {

// The tensor is the live one: writing into it changes whatever holds it.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

}  // namespace engram::model
