// Steps of a tiny BERT against transformers and peft (tests/golden/losses.py).
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

// Committed losses hold to 1e-5 relative on CPUs, which differ in the order of their sums; a GPU sums in yet another
// order and with TF32 off stays within 1e-4.
double tolerance(at::Device device) { return device.is_cpu() ? 1e-5 : 1e-4; }

void follows_golden(const std::string& method, at::Device device) {
  TinyRun run = tiny_run(method, device);
  const auto trainer = run.trainer();
  const Json& golden = golden_losses().at(method);
  for (size_t step = 0; !trainer->finished(); ++step) {
    const train::StepResult result = trainer->step(golden_schedule(method, trainer->done()));
    INFO(method << " on " << device.str() << ", step " << step);
    CHECK(result.loss.item<double>() == Approx(golden.at("losses")[step].get<double>()).epsilon(tolerance(device)));
    CHECK(result.gradient_norm.item<double>() ==
          Approx(golden.at("gradient_norms")[step].get<double>()).epsilon(10 * tolerance(device)));
    CHECK(result.learning_rates.front() == Approx(golden.at("rates")[step].get<double>()).epsilon(1e-12));
  }
  REQUIRE(trainer->done() == static_cast<int64_t>(golden.at("losses").size()));
}

}  // namespace

TEST_CASE("full fine-tuning follows transformers step by step") {
  for (const at::Device device : devices()) follows_golden("full", device);
}

TEST_CASE("LoRA, rsLoRA and DoRA with a rank pattern follow peft step by step") {
  for (const std::string method : {"lora", "rslora", "dora"}) {
    for (const at::Device device : devices()) follows_golden(method, device);
  }
}
