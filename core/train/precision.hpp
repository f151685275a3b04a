// Mixed precision for one scope: matrix products in bf16, parameters and reductions in fp32.
#pragma once

#include <ATen/core/Tensor.h>

#include "recipe/recipe.hpp"

namespace engram::train {

// Switches autocast on for the device while it lives (Precision::bf16), or does nothing (Precision::fp32). Leaving the
// outermost scope clears the cache of cast weights, which would otherwise be stale after an update. One thread only.
class PrecisionScope {
 public:
  PrecisionScope(at::Device device, recipe::Precision precision);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  at::DeviceType type_;
  bool active_;
  bool was_enabled_ = false;
  at::ScalarType old_dtype_ = at::kFloat;
};

}  // namespace engram::train
