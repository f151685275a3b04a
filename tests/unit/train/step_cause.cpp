// What is found of a step whose numbers are not finite.
#include <cstring>
#include <limits>

#include "support/catch.hpp"
#include "support/tiny_bert.hpp"
#include "train/not_finite.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

at::Tensor weight(const TinyRun& run, const std::string& name) { return run.model->parameter(name).detach(); }

std::vector<char> bits(const TinyRun& run) {
  std::vector<char> all;
  for (const model::NamedTensor& entry : run.model->parameters()) {
    const at::Tensor plain = entry.tensor.detach().cpu().contiguous();
    const char* data = static_cast<const char*>(plain.const_data_ptr());
    all.insert(all.end(), data, data + plain.nbytes());
  }
  return all;
}

// The token of one row alone, if there is one.
int64_t token_of_one_row(const data::Examples& examples, int64_t row) {
  const auto& offsets = examples.tokens.offsets;
  const auto& ids = examples.tokens.ids;
  for (int64_t at = offsets[row]; at < offsets[row + 1]; ++at) {
    int64_t elsewhere = 0;
    for (int64_t i = 0; i < offsets.back(); ++i) {
      const bool own = i >= offsets[row] && i < offsets[row + 1];
      if (!own && ids[i] == ids[at]) ++elsewhere;
    }
    if (elsewhere == 0) return ids[at];
  }
  return -1;
}

}  // namespace

TEST_CASE("weights that are not finite are named") {
  for (const at::Device device : devices()) {
    TinyRun run = tiny_run("full", device);
    const auto trainer = run.trainer();
    weight(run, "encoder.layer.1.output.dense.weight")[0][0] = kInfinity;
    weight(run, "pooler.dense.bias")[0] = kInfinity;
    const train::StepResult result = trainer->step({});
    const train::StepCause cause = trainer->cause_of(result, {});
    CHECK(cause.weights == std::vector<std::string>{"encoder.layer.1.output.dense.weight", "pooler.dense.bias"});
    CHECK(cause.layer.empty());
  }
}

TEST_CASE("the first layer whose output is not finite is named, with the rows that make it so") {
  for (const at::Device device : devices()) {
    TinyRun run = tiny_run("full", device);
    run.settings.batch_size = 3;
    run.settings.accumulation = 4;
    int64_t row = 0, token = -1;
    while (token < 0 && row < run.examples.size()) token = token_of_one_row(run.examples, row++);
    --row;
    REQUIRE(token >= 0);
    // Finite, and its mean over the hidden size is not.
    weight(run, "embeddings.word_embeddings.weight")[token].fill_(3e38);
    const auto trainer = run.trainer();
    while (!trainer->finished()) {
      const train::StepResult result = trainer->step({});
      const auto& rows = result.rows.fresh;
      const bool has = std::find(rows.begin(), rows.end(), row) != rows.end();
      CHECK(std::isfinite(result.loss.item<double>()) == !has);
      if (!has) continue;
      const train::StepCause cause = trainer->cause_of(result, {});
      CHECK(cause.layer == "embeddings.LayerNorm");
      CHECK(cause.rows.fresh == std::vector<int64_t>{row});
      CHECK(cause.weights.empty());
      return;
    }
    FAIL("no step had the row");
  }
}

TEST_CASE("after a finite forward pass the gradients that are not finite are named in backward order") {
  for (const at::Device device : devices()) {
    TinyRun run = tiny_run("full", device);
    // Logits of 1e20, and a gradient of 1e25 * 1e20 at the pooler's weight.
    weight(run, "heads.wind.weight").mul_(1e26);
    weight(run, "encoder.layer.1.output.LayerNorm.weight").mul_(1e20);
    weight(run, "pooler.dense.weight").mul_(1e-26);
    weight(run, "pooler.dense.bias").zero_();
    const auto trainer = run.trainer();
    const train::StepResult result = trainer->step({});
    CHECK(std::isfinite(result.loss.item<double>()));
    CHECK_FALSE(std::isfinite(result.gradient_norm.item<double>()));
    const train::StepCause cause = trainer->cause_of(result, {});
    REQUIRE_FALSE(cause.gradients.empty());
    CHECK(cause.gradients.front() == "pooler.dense.weight");
    CHECK(cause.layer.empty());
  }
}

TEST_CASE("finite gradients whose norm overflows are told by the largest") {
  TinyRun run = tiny_run("full", at::kCPU);
  weight(run, "heads.wind.weight").mul_(1e22);
  const auto trainer = run.trainer();
  const train::StepResult result = trainer->step({});
  CHECK(std::isfinite(result.loss.item<double>()));
  CHECK_FALSE(std::isfinite(result.gradient_norm.item<double>()));
  const train::StepCause cause = trainer->cause_of(result, {});
  CHECK(cause.gradients.empty());
  CHECK_FALSE(cause.largest.empty());
  CHECK(cause.largest_norm > 1e18);
}

TEST_CASE("a skipped step that is taken back is run again with the same numbers") {
  TinyRun run = tiny_run("full", at::kCPU);
  run.model->set_dropout(0.2);
  const auto trainer = run.trainer();
  trainer->step({});
  const std::vector<char> before = bits(run);
  at::Tensor norm = weight(run, "encoder.layer.0.output.LayerNorm.weight");
  const at::Tensor kept = norm.clone();
  norm[0] = kInfinity;
  const train::StepResult broken = trainer->step({});
  CHECK_FALSE(std::isfinite(broken.gradient_norm.item<double>()));
  norm.copy_(kept);
  CHECK(bits(run) == before);
  trainer->take_back(broken);
  const train::StepResult again = trainer->step({});
  TinyRun straight = tiny_run("full", at::kCPU);
  straight.model->set_dropout(0.2);
  const auto other = straight.trainer();
  other->step({});
  const train::StepResult whole = other->step({});
  CHECK(again.step == whole.step);
  CHECK(again.loss.item<double>() == whole.loss.item<double>());
  CHECK(bits(run) == bits(straight));
}

TEST_CASE("the update of a spike is left out, and the bias correction does not count it") {
  for (const at::Device device : devices()) {
    TinyRun run = tiny_run("full", device);
    run.settings.spikes = recipe::Spikes{.factor = 1.000001, .window = 1};
    const auto trainer = run.trainer();
    trainer->step({});
    int64_t spikes = 0, steps = 1;
    while (!trainer->finished()) {
      const std::vector<char> before = bits(run);
      const train::StepResult result = trainer->step({.rate_factor = 1});
      const bool spike = result.verdict->is_spike.item<double>() != 0;
      CHECK((bits(run) == before) == spike);
      ++(spike ? spikes : steps);
    }
    CHECK(spikes > 0);
    CHECK(steps > 1);
    for (const model::NamedTensor& entry : trainer->state()) {
      if (entry.name.ends_with("/step")) CHECK(entry.tensor.item<double>() == static_cast<double>(steps));
    }
  }
}
