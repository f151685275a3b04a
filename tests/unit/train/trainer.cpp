#include "train/trainer.hpp"

#include <cstring>

#include "base/interrupt.hpp"
#include "kernels/device.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

at::Tensor all_weights(const TinyRun& run) {
  std::vector<at::Tensor> flat;
  for (const model::NamedTensor& entry : run.model->parameters()) flat.push_back(entry.tensor.detach().cpu().flatten());
  for (const model::NamedTensor& entry : run.strategies.claimed_tensors()) {
    flat.push_back(entry.tensor.detach().cpu().flatten());
  }
  return at::cat(flat);
}

void run_to_end(train::Trainer& trainer, const std::string& method) {
  while (!trainer.finished()) trainer.step(golden_schedule(method, trainer.done()));
}

}  // namespace

TEST_CASE("steps are counted as transformers counts them") {
  recipe::Train settings;
  settings.batch_size = 8;
  settings.accumulation = 2;
  settings.epochs = 1.5;
  // 36 rows make 5 batches, 3 updates an epoch, and ceil(1.5 * 3) updates in all.
  const train::StepCount count = train::count_steps(36, settings);
  CHECK(count.per_epoch == 3);
  CHECK(count.total == 5);
}

TEST_CASE("two runs of one recipe give the same bits") {
  for (const std::string method : {"full", "lora"}) {
    TinyRun first = tiny_run(method, at::kCPU), second = tiny_run(method, at::kCPU);
    first.model->set_dropout(0.2);
    second.model->set_dropout(0.2);
    CHECK(first.losses(method) == second.losses(method));
    CHECK(at::equal(all_weights(first), all_weights(second)));
  }
}

TEST_CASE("splitting a step into micro-batches changes neither loss nor weights") {
  for (const at::Device device : devices()) {
    TinyRun whole = tiny_run("full", device);
    const std::vector<double> expected = whole.losses("full");
    for (const int64_t parts : {2, 4, 8}) {
      TinyRun split = tiny_run("full", device);
      split.settings.batch_size = 8 / parts;
      split.settings.accumulation = parts;
      const std::vector<double> losses = split.losses("full");
      REQUIRE(losses.size() == expected.size());
      // Sums in another order: equal to fp32 rounding, carried over ten steps.
      for (size_t i = 0; i < losses.size(); ++i) CHECK(losses[i] == Approx(expected[i]).epsilon(2e-5));
    }
  }
}

TEST_CASE("LoRA trains its own tensors and the new head, and nothing else") {
  for (const at::Device device : devices()) {
    TinyRun run = tiny_run("lora", device);
    std::map<std::string, at::Tensor> before;
    for (const model::NamedTensor& entry : run.model->parameters()) before[entry.name] = entry.tensor.detach().clone();
    run.losses("lora");
    for (const model::NamedTensor& entry : run.model->parameters()) {
      INFO(entry.name);
      CHECK(at::equal(before.at(entry.name), entry.tensor) == !entry.name.starts_with("heads."));
    }
    for (const model::NamedTensor& entry : run.strategies.claimed_tensors()) {
      INFO(entry.name);
      CHECK(entry.tensor.abs().max().item<double>() > 0);
    }
  }
}

TEST_CASE("the weights of step 0 are untouched when the schedule starts at rate zero") {
  TinyRun run = tiny_run("full", at::kCPU);
  run.settings.weight_decay = 0.1;
  const at::Tensor before = all_weights(run).clone();
  const auto trainer = run.trainer();
  trainer->step({.rate_factor = 0});
  CHECK(at::equal(before, all_weights(run)));
}

TEST_CASE("a gradient that is not finite skips the update") {
  for (const at::Device device : devices()) {
    TinyRun run = tiny_run("full", device);
    const auto trainer = run.trainer();
    trainer->step({});
    at::Tensor embedding = run.model->parameter("embeddings.LayerNorm.weight");
    embedding.set_requires_grad(false);
    embedding[0] = std::numeric_limits<float>::infinity();
    const at::Tensor before = all_weights(run).clone();
    const train::StepResult result = trainer->step({});
    CHECK_FALSE(std::isfinite(result.gradient_norm.item<double>()));
    const at::Tensor after = all_weights(run);
    CHECK(std::memcmp(before.const_data_ptr(), after.const_data_ptr(), before.nbytes()) == 0);
  }
}

TEST_CASE("a run that goes on from its saved state gives the same bits as one that was never stopped") {
  for (const std::string method : {"full", "lora"}) {
    TinyRun straight = tiny_run(method, at::kCPU);
    straight.model->set_dropout(0.2);
    const auto whole = straight.trainer();
    run_to_end(*whole, method);

    TinyRun stopped = tiny_run(method, at::kCPU);
    stopped.model->set_dropout(0.2);
    const auto first = stopped.trainer();
    while (first->done() < 7) first->step(golden_schedule(method, first->done()));
    std::vector<model::NamedTensor> state;
    for (const model::NamedTensor& entry : first->state()) state.push_back({entry.name, entry.tensor.clone()});
    const auto second = stopped.trainer();
    second->restore(state, 7);
    run_to_end(*second, method);
    CHECK(at::equal(all_weights(straight), all_weights(stopped)));
  }
}

TEST_CASE("a step that a signal stops between micro-batches leaves everything as it was, and is run again") {
  TinyRun straight = tiny_run("lora", at::kCPU), stopped = tiny_run("lora", at::kCPU);
  for (TinyRun* run : {&straight, &stopped}) {
    run->model->set_dropout(0.2);
    run->settings.batch_size = 2;
    run->settings.accumulation = 4;
  }
  const auto whole = straight.trainer();
  run_to_end(*whole, "lora");
  const auto parts = stopped.trainer();
  while (!parts->finished()) {
    const at::Tensor before = all_weights(stopped).clone();
    const at::Tensor generator = parts->state().front().tensor.clone();
    const int64_t done = parts->done();
    interrupt::request();
    CHECK_THROWS_AS(parts->step(golden_schedule("lora", done)), interrupt::Interrupted);
    interrupt::clear();
    CHECK(parts->done() == done);
    CHECK(at::equal(before, all_weights(stopped)));
    CHECK(at::equal(generator, parts->state().front().tensor));
    for (const model::NamedTensor& entry : stopped.strategies.claimed_tensors()) {
      CHECK_FALSE(entry.tensor.grad().defined());
    }
    parts->step(golden_schedule("lora", done));
  }
  CHECK(at::equal(all_weights(straight), all_weights(stopped)));
}

TEST_CASE("bf16 follows fp32 within the precision of bf16") {
  for (const at::Device device : devices()) {
    const std::vector<double> expected = tiny_run("full", device).losses("full");
    TinyRun half = tiny_run("full", device);
    half.settings.precision = recipe::Precision::bf16;
    const std::vector<double> losses = half.losses("full");
    // bf16 keeps 8 bits: products are right to 0.4 %, and losses near 1 to a few hundredths after ten steps.
    for (size_t i = 0; i < losses.size(); ++i) CHECK(losses[i] == Approx(expected[i]).margin(0.05));
    CHECK(losses != expected);
  }
}
