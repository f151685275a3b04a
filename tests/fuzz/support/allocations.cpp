#include "support/allocations.hpp"

#include <sanitizer/allocator_interface.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace engram::fuzz {
namespace {

thread_local int64_t live = 0;
thread_local int64_t limit = 0;  // 0: nothing is counted

void on_allocation(const volatile void*, size_t size) {
  if (limit == 0) return;
  live += static_cast<int64_t>(size);
  if (live <= limit) return;
  std::fprintf(stderr, "a promise is broken: %lld bytes are allocated, and the input is worth %lld\n",
               static_cast<long long>(live), static_cast<long long>(limit));
  limit = 0;
  std::abort();
}

void on_free(const volatile void* block) {
  if (limit == 0 || block == nullptr) return;
  live -= static_cast<int64_t>(__sanitizer_get_allocated_size(block));
}

}  // namespace

AllocationLimit::AllocationLimit(size_t input, size_t factor, size_t base) {
  static const int installed = __sanitizer_install_malloc_and_free_hooks(on_allocation, on_free);
  if (installed == 0) std::abort();
  live = 0;
  limit = static_cast<int64_t>(base + factor * input);
}

AllocationLimit::~AllocationLimit() { limit = 0; }

}  // namespace engram::fuzz
