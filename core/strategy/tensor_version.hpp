// How often a tensor has been written in place, as torch counts it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace engram::strategy {

// 0 where torch keeps no count: nothing defined, or made while scoring, in inference mode.
inline uint32_t version_of(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.is_inference()) return 0;
  return tensor.unsafeGetTensorImpl()->version_counter().current_version();
}

}  // namespace engram::strategy
