// Tells an allocation that failed from other errors: LibTorch, the standard library and CUDA each have words of their
// own.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

namespace engram::kernels {

struct FailedAllocation {
  std::string text;    // as it was thrown
  uint64_t bytes = 0;  // that were asked for; 0: not known
};

// Nothing: the exception is of another kind.
std::optional<FailedAllocation> failed_allocation(const std::exception_ptr& thrown);

}  // namespace engram::kernels
