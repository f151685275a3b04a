#include "kernels/failed_allocation.hpp"

#include <c10/util/Exception.h>

#include <new>
#include <stdexcept>

#include "support/catch.hpp"

using namespace engram;

namespace {

template <class Throw>
std::optional<kernels::FailedAllocation> told(Throw thrower) {
  try {
    thrower();
  } catch (...) {
    return kernels::failed_allocation(std::current_exception());
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("memory that could not be had is told from other errors, with its bytes where they are known") {
  const auto cpu = told([] {
    TORCH_CHECK(false, "DefaultCPUAllocator: can't allocate memory: you tried to allocate 1234 bytes. Error code 12");
  });
  REQUIRE(cpu);
  CHECK(cpu->bytes == 1234);
  CHECK(cpu->text.find("DefaultCPUAllocator") != std::string::npos);
  const auto cuda = told(
      [] { TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory. Tried to allocate 20.50 MiB. GPU 0 has"); });
  REQUIRE(cuda);
  CHECK(cuda->bytes == 21495808);
  CHECK(told([] { TORCH_CHECK(false, "CUDA error: out of memory. Tried to allocate 2.00 GiB."); })->bytes ==
        2147483648U);
  CHECK(told([] { throw std::bad_alloc(); })->bytes == 0);
  CHECK_FALSE(told([] { TORCH_CHECK(false, "sizes differ"); }));
  CHECK_FALSE(told([] { throw std::runtime_error("out of memory"); }));
}

TEST_CASE("an allocation beyond all memory is one that failed") {
  const auto failed = told([] { at::empty({int64_t{1} << 50}, at::kFloat); });
  REQUIRE(failed);
  CHECK(failed->bytes == uint64_t{1} << 52);
}
