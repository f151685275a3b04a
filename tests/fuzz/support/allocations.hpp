// How much memory an input may cost.
#pragma once

#include <cstddef>

namespace engram::fuzz {

// While one lives, what this thread has allocated and not yet freed may never exceed `base` bytes and `factor` times
// the input: more aborts, with the stack of the allocation. One at a time.
class AllocationLimit {
 public:
  AllocationLimit(size_t input, size_t factor = 400, size_t base = 4 << 20);
  ~AllocationLimit();
  AllocationLimit(const AllocationLimit&) = delete;
  AllocationLimit& operator=(const AllocationLimit&) = delete;
};

}  // namespace engram::fuzz
