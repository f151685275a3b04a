// Freezing and discriminative rates in training: every tensor's rate in every step, and what survives unfreezing.
#include <ATen/core/grad_mode.h>

#include <map>

#include "support/catch.hpp"
#include "support/tiny_bert.hpp"
#include "train/parameter_groups.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

struct Use {
  double rate_scale = 0;
  double weight_decay = 0;
};

// What trains at a step, by name.
std::map<std::string, Use> uses_at(const TinyRun& run, const train::Trainer& trainer) {
  std::map<std::string, Use> uses;
  std::vector<model::NamedTensor> live = run.model->parameters();
  for (const model::NamedTensor& entry : run.strategies.claimed_tensors()) live.push_back(entry);
  for (const train::ParameterGroup& group :
       train::groups_at(run.resolution, live, run.settings.weight_decay, trainer.done(), trainer.epoch())) {
    for (const model::NamedTensor& entry : group.tensors) uses[entry.name] = {group.rate_scale, group.weight_decay};
  }
  return uses;
}

std::map<std::string, at::Tensor> weights_of(const TinyRun& run) {
  std::map<std::string, at::Tensor> weights;
  for (const model::NamedTensor& entry : run.model->parameters()) weights[entry.name] = entry.tensor.detach().clone();
  return weights;
}

std::map<std::string, at::Tensor> state_of(const train::Trainer& trainer) {
  std::map<std::string, at::Tensor> state;
  for (const model::NamedTensor& entry : trainer.state()) state[entry.name] = entry.tensor.clone();
  return state;
}

const Json& golden_rates() {
  static const Json json = read_json(std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden/rates.json");
  return json;
}

TinyRun golden_run(const Json& wanted, at::Device device) {
  std::vector<recipe::StrategyEntry> entries;
  for (const auto& [id, options] : wanted.at("strategies").items()) entries.push_back(strategy_entry(id, options));
  TinyRun run = tiny_run(entries, device);
  run.settings.learning_rate = golden_rates().at("learning_rate").get<double>();
  run.settings.weight_decay = golden_rates().at("weight_decay").get<double>();
  run.settings.seed = golden_rates().at("seed").get<int64_t>();
  run.settings.batch_size = golden_rates().at("batch_size").get<int64_t>();
  return run;
}

void check_rates(const Json& wanted, const std::map<std::string, Use>& uses, size_t step, double rate) {
  for (const auto& [name, rates] : wanted.at("rates").items()) {
    INFO(name << ", step " << step);
    const Json& expected = rates.at(step);
    REQUIRE(uses.count(name) == (expected.is_null() ? 0 : 1));
    if (expected.is_null()) continue;
    CHECK(rate * uses.at(name).rate_scale == Approx(expected.get<double>()).epsilon(1e-12).margin(1e-300));
    CHECK(uses.at(name).weight_decay == wanted.at("weight_decay").at(name).get<double>());
  }
  for (const auto& [name, use] : uses) CHECK(wanted.at("rates").contains(name));
}

}  // namespace

TEST_CASE(
    "every parameter has the rate and weight decay of torch's optimizer groups in every step, and the losses agree") {
  for (const auto& [name, wanted] : golden_rates().at("cases").items()) {
    for (const at::Device device : devices()) {
      INFO(name << " on " << device.str());
      TinyRun run = golden_run(wanted, device);
      const auto trainer = run.trainer();
      for (size_t step = 0; !trainer->finished(); ++step) {
        const double factor = golden_rates().at("factors").at(step).get<double>();
        check_rates(wanted, uses_at(run, *trainer), step, run.settings.learning_rate * factor);
        const train::StepResult result = trainer->step({.rate_factor = factor});
        // As for the golden losses: fp32 sums in another order, on a GPU in yet another.
        CHECK(result.loss.item<double>() ==
              Approx(wanted.at("losses").at(step).get<double>()).epsilon(device.is_cpu() ? 1e-5 : 1e-4));
      }
    }
  }
}

TEST_CASE("rates of gradual unfreezing under warm-up are those of a table computed by hand") {
  // learning_rate 0.01, warm-up over 2 of 6 steps, decay 0.5, one part more every 2 steps; two blocks.
  const std::vector<double> factors = {0, 0.5, 1, 0.75, 0.5, 0.25};
  const std::map<std::string, std::vector<double>> table = {
      {"heads.wind.weight", {0, 0.005, 0.01, 0.0075, 0.005, 0.0025}},
      {"pooler.dense.bias", {0, 0.005, 0.01, 0.0075, 0.005, 0.0025}},
      {"encoder.layer.1.output.dense.weight", {-1, -1, 0.005, 0.00375, 0.0025, 0.00125}},
      {"encoder.layer.0.attention.self.key.bias", {-1, -1, -1, -1, 0.00125, 0.000625}},
      {"embeddings.LayerNorm.weight", {-1, -1, -1, -1, -1, -1}}};  // -1: frozen; from step 6 on
  TinyRun run = tiny_run(
      {strategy_entry("freezing", {{"every_steps", 2}}), strategy_entry("discriminative_lr", {{"decay", 0.5}})},
      at::kCPU);
  run.settings.learning_rate = 0.01;
  const auto trainer = run.trainer();
  for (size_t step = 0; step < factors.size(); ++step) {
    const std::map<std::string, Use> uses = uses_at(run, *trainer);
    for (const auto& [name, rates] : table) {
      INFO(name << ", step " << step);
      REQUIRE((uses.count(name) == 0) == (rates[step] < 0));
      if (rates[step] >= 0)
        CHECK(0.01 * factors[step] * uses.at(name).rate_scale == Approx(rates[step]).epsilon(1e-12));
    }
    trainer->step({.rate_factor = factors[step]});
  }
}

TEST_CASE("frozen parameters stay the same bit for bit until they are let go, and then they move") {
  for (const at::Device device : devices()) {
    TinyRun run = tiny_run({strategy_entry("freezing", {{"every_steps", 3}})}, device);
    run.settings.weight_decay = 0.1;
    const auto before = weights_of(run);
    const auto trainer = run.trainer();
    for (int64_t step = 0; step < 5; ++step) trainer->step({});
    const auto after = weights_of(run);
    for (const sdk::Parameter& parameter : run.model->view().parameters) {
      // After five steps block 1 has trained for two of them; block 0 and the embeddings for none. A key's bias has no
      // gradient but rounding's, which moves it or not.
      if (parameter.name.ends_with("self.key.bias")) continue;
      const bool trained = parameter.role == sdk::Role::head || parameter.role == sdk::Role::pooler ||
                           (parameter.role == sdk::Role::block && parameter.layer == 1);
      INFO(parameter.name << " on " << device.str());
      CHECK(at::equal(before.at(parameter.name), after.at(parameter.name)) == !trained);
    }
  }
}

TEST_CASE(
    "the optimizer state of what trains already survives an unfreezing, and that of what is let go begins there") {
  TinyRun gradual = tiny_run({strategy_entry("freezing", {{"every_steps", 4}})}, at::kCPU);
  TinyRun still = tiny_run({strategy_entry("freezing", {{"keep", "last 0 blocks"}})}, at::kCPU);
  const auto trainer = gradual.trainer(), other = still.trainer();
  for (int64_t step = 0; step < 4; ++step) {
    trainer->step({});
    other->step({});
  }
  const std::string pooler = "optimizer/pooler.dense.weight", block = "optimizer/encoder.layer.1.output.dense.weight";
  const auto until = state_of(*trainer), alike = state_of(*other);
  CHECK(at::equal(until.at(pooler + "/exp_avg"), alike.at(pooler + "/exp_avg")));
  CHECK(until.count(block + "/exp_avg") == 0);
  trainer->step({});
  other->step({});
  // The step's gradients reach the pooler alike whether the block below trains or not, but for clipping, which is
  // common to all: so compare counts, and moments up to what one step can add.
  const auto beyond = state_of(*trainer);
  CHECK(beyond.at(pooler + "/step").item<double>() == 5);
  CHECK(beyond.at(block + "/step").item<double>() == 1);
  const at::Tensor kept = until.at(pooler + "/exp_avg") * 0.9;
  const double moved = (beyond.at(pooler + "/exp_avg") - kept).norm().item<double>();
  CHECK(moved <= 0.1 * 1.0 + 1e-6);  // 0.1 times a gradient clipped to norm 1
  CHECK(kept.norm().item<double>() > 0);
}

TEST_CASE("a run with gradual unfreezing that is stopped between two parts goes on to the same bits") {
  const std::vector<recipe::StrategyEntry> entries = {strategy_entry("freezing", {{"every_steps", 3}}),
                                                      strategy_entry("discriminative_lr", {{"decay", 0.8}})};
  TinyRun straight = tiny_run(entries, at::kCPU), stopped = tiny_run(entries, at::kCPU);
  const auto whole = straight.trainer();
  while (!whole->finished()) whole->step({});
  const auto first = stopped.trainer();
  while (first->done() < 5) first->step({});
  std::vector<model::NamedTensor> state;
  for (const auto& [name, tensor] : state_of(*first)) state.push_back({name, tensor});
  const auto second = stopped.trainer();
  second->restore(state, 5);
  while (!second->finished()) second->step({});
  const auto expected = weights_of(straight), found = weights_of(stopped);
  for (const auto& [name, weight] : expected) {
    INFO(name);
    CHECK(at::equal(weight, found.at(name)));
  }
}
