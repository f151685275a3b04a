#include "run/memory_savings.hpp"

#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

using namespace engram;

namespace {

std::vector<std::string> settings(const tests::TinyRun& run, run::MemoryUse use) {
  std::vector<std::string> names;
  for (const run::MemorySaving& saving : run::memory_savings(run.settings, run.model->view(), run.resolution, use)) {
    CHECK(saving.bytes > 0);
    names.push_back(saving.setting);
  }
  return names;
}

}  // namespace

TEST_CASE("the three settings that save most are named, by what they save") {
  tests::TinyRun run = tests::tiny_run("full", at::kCPU);
  run.settings.batch_size = 16;
  run.settings.accumulation = 2;
  run.settings.max_length = 128;
  // Half of the length saves more than half of the activations: attention scores grow with its square.
  CHECK(settings(run, run::MemoryUse::training) ==
        std::vector<std::string>{
            "train.max_length = 64",
            "train.batch_size = 8 with train.accumulation = 4 (the loss stays the same)",
            "train.precision = \"bf16\"",
        });
  run.settings.evaluation_batch_size = 64;
  CHECK(settings(run, run::MemoryUse::scoring) ==
        std::vector<std::string>{
            "train.evaluation_batch_size = 32",
            "train.max_length = 64",
            "train.batch_size = 8 with train.accumulation = 4 (the loss stays the same)",
        });
}

TEST_CASE("a recipe that is small already is told what is left") {
  tests::TinyRun run = tests::tiny_run("full", at::kCPU);
  run.settings.batch_size = 1;
  run.settings.max_length = 16;
  run.settings.precision = recipe::Precision::bf16;
  const std::vector<std::string> left = settings(run, run::MemoryUse::training);
  REQUIRE(left.size() == 1);
  CHECK(left.front().starts_with("strategies = { { \"lora\" } } in place of training "));
  tests::TinyRun small = tests::tiny_run("lora", at::kCPU);
  small.settings = run.settings;
  CHECK(settings(small, run::MemoryUse::training).empty());
}
