// Thread counts, as the process's affinity has it.
#include <ATen/Parallel.h>
#include <sched.h>

#include "base/process.hpp"
#include "kernels/device.hpp"
#include "support/catch.hpp"

using namespace engram;

TEST_CASE("thread count 0 means the cores that the process may use, not those of the machine") {
  cpu_set_t all;
  REQUIRE(sched_getaffinity(0, sizeof all, &all) == 0);
  REQUIRE(usable_cores() == CPU_COUNT(&all));
  if (CPU_COUNT(&all) < 2) {
    WARN("skipped: one core cannot be fewer than there are");
    return;
  }
  int first = 0;
  while (!CPU_ISSET(first, &all)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  kernels::settle_numerics(0);
  const int cores = usable_cores();
  const int threads = at::get_num_threads();
  REQUIRE(sched_setaffinity(0, sizeof all, &all) == 0);
  kernels::settle_numerics(0);
  REQUIRE(cores == 1);
  REQUIRE(threads == 1);
  REQUIRE(at::get_num_threads() == CPU_COUNT(&all));
}
