// What a plan says of memory.
#include "run/memory_estimate.hpp"

#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

using namespace engram;

namespace {

uint64_t activations(const tests::TinyRun& run) {
  for (const run::MemoryPart& part : run::estimate_memory(run.settings, run.model->view(), run.resolution)) {
    if (part.name == "activations, at most") return part.bytes;
  }
  return 0;
}

}  // namespace

TEST_CASE("mixed examples count among the activations of a micro-batch") {
  tests::TinyRun run = tests::tiny_run(std::vector<recipe::StrategyEntry>{}, at::kCPU);
  const uint64_t alone = activations(run);
  REQUIRE(alone > 0);
  run.resolution.mixes = {{"replay", {.data = "old", .share = 0.5}}};
  CHECK(activations(run) == 2 * alone);
  run.resolution.mixes.push_back({"rehearsal", {.data = "older", .share = 0.25}});
  CHECK(activations(run) == 4 * alone);
}
