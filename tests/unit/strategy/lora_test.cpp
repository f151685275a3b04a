// The lora plugin through the host: claims, refusals, initial values, merging, and PEFT's numbers.
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "base/json.hpp"
#include "recipe_entries.hpp"
#include "small_model.hpp"
#include "strategy/strategies.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

const std::string kQuery0 = "encoder.layer.0.attention.self.query";

Strategies lora(recipe::Table options = {}) {
  return Strategies::load({test::entry("lora", std::move(options))}, {test::shipped_plugins()});
}

Resolution resolved(const Strategies& strategies, const sdk::ModelView& view) {
  Faults faults;
  Resolution resolution = resolve(view, strategies.plan(view), faults);
  faults.raise<RecipeError>();
  return resolution;
}

std::string plan_refusal(recipe::Table options) {
  return test::refusal<PluginError>([&] { lora(std::move(options)).plan(test::small_view()); });
}

at::Tensor find(const std::vector<model::NamedTensor>& tensors, const std::string& name) {
  for (const model::NamedTensor& entry : tensors) {
    if (entry.name == name) return entry.tensor;
  }
  FAIL("no tensor " << name);
  return {};
}

at::Tensor read_tensor(const Json& json) {
  const auto values = json.at("values").get<std::vector<float>>();
  return at::tensor(values).reshape(json.at("shape").get<std::vector<int64_t>>());
}

}  // namespace

TEST_CASE("LoRA claims A and B for query and value, and the new head trains besides") {
  const Resolution resolution = resolved(lora({{"rank", test::number(4)}}), test::small_view());
  REQUIRE(resolution.adapters.size() == 4);
  REQUIRE(resolution.find("lora." + kQuery0 + ".lora_A.weight")->shape == std::vector<int64_t>{4, 8});
  REQUIRE(resolution.find("lora." + kQuery0 + ".lora_B.weight")->shape == std::vector<int64_t>{8, 4});
  REQUIRE(resolution.trainable_count() == 4 * (4 * 8 + 8 * 4) + 6 * 8 + 6);
  REQUIRE(resolution.notes.front().second == "rank 4, scale 32 / 4, 4 sites (query 2, value 2)");
}

TEST_CASE("the bias option trains no biases, those of the targets, or all but the heads'") {
  const auto biases = [](const std::string& mode) {
    int64_t count = 0;
    for (const ResolvedTensor& tensor : resolved(lora({{"bias", test::string(mode)}}), test::small_view()).tensors) {
      count += !tensor.claimed && tensor.name.ends_with(".bias") && tensor.ever_trains() ? 1 : 0;
    }
    return count;
  };
  // The new head's bias always trains. A block has 6 projections and 2 norms; embeddings 1 norm, pooler 1 projection.
  REQUIRE(biases("none") == 1);
  REQUIRE(biases("lora_only") == 1 + 4);
  REQUIRE(biases("all") == 1 + 2 * 8 + 2);
}

TEST_CASE("LoRA refuses in plan what cannot be meant") {
  REQUIRE(plan_refusal({{"rank", test::number(9)}}) ==
          "recipe.lua:7: strategy 'lora', plan: rank 9 is larger than the smaller side of " + kQuery0 +
              " (8 x 8) and 3 more. Fix: a rank of at most 8 fits every target");
  REQUIRE(
      plan_refusal({{"targets", test::list({"query", "vlaue"})}}) ==
      "recipe.lua:7: strategy 'lora', plan: the target 'vlaue' matches no linear site; did you mean 'value'?; sites "
      "matched by the others: query 2. Fix: choose from dense, key, query, value, longer suffixes of a site's name, or "
      "\"all-linear\"");
}

TEST_CASE("LoRA starts as PEFT does: A uniform within 1 / sqrt(in), B zero, the model's outputs untouched") {
  const auto model = test::small_model();
  const at::NoGradGuard no_grad;
  const at::Tensor before = model->logits(test::small_batch(), "topics", {});
  Strategies strategies = lora({{"targets", test::string("all-linear")}});
  strategies.apply(*model, resolved(strategies, model->view()), 42, Strategies::Start::fresh);
  std::vector<at::Tensor> scaled;
  for (const model::NamedTensor& entry : strategies.claimed_tensors()) {
    if (entry.name.ends_with("lora_B.weight")) {
      REQUIRE(entry.tensor.abs().max().item<double>() == 0);
    } else {
      scaled.push_back((entry.tensor * std::sqrt(static_cast<double>(entry.tensor.size(1)))).flatten());
    }
  }
  const at::Tensor draws = at::cat(scaled);
  REQUIRE(draws.abs().max().item<double>() <= 1.0 + 1e-6);
  // 960 draws of U(-1, 1): the variance is 1/3 with a relative standard error of 2.9 %; five of them.
  REQUIRE(draws.var().item<double>() == Approx(1.0 / 3).epsilon(0.15));
  REQUIRE(at::equal(model->logits(test::small_batch(), "topics", {}), before));
}

TEST_CASE("LoRA's first values repeat under one seed and differ under another") {
  const auto first_a = [](uint64_t seed) {
    const auto model = test::small_model();
    Strategies strategies = lora();
    strategies.apply(*model, resolved(strategies, model->view()), seed, Strategies::Start::fresh);
    return strategies.claimed_tensors().front().tensor.detach();
  };
  REQUIRE(at::equal(first_a(1), first_a(1)));
  REQUIRE_FALSE(at::equal(first_a(1), first_a(2)));
}

TEST_CASE("LoRA's delta at a projection equals PEFT's, and so does the merged weight") {
  const Json golden = read_json(std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden/lora_forward.json");
  const auto model = test::small_model();
  Strategies strategies = lora({{"rank", test::number(golden.at("rank").get<double>())},
                                {"alpha", test::number(golden.at("alpha").get<double>())},
                                {"targets", test::list({kQuery0})}});
  strategies.apply(*model, resolved(strategies, model->view()), 42, Strategies::Start::fresh);
  const at::NoGradGuard no_grad;
  const at::Tensor x = read_tensor(golden.at("x")), weight = read_tensor(golden.at("weight"));
  find(strategies.claimed_tensors(), "lora." + kQuery0 + ".lora_A.weight").copy_(read_tensor(golden.at("lora_A")));
  find(strategies.claimed_tensors(), "lora." + kQuery0 + ".lora_B.weight").copy_(read_tensor(golden.at("lora_B")));
  model->parameter(kQuery0 + ".weight").copy_(weight);
  const at::Tensor merged = find(strategies.merged_parameters(*model), kQuery0 + ".weight");
  // Products of at most 8 terms below 10 in fp32, printed with nine digits.
  REQUIRE(at::allclose(merged, read_tensor(golden.at("merged_weight")), 1e-5, 1e-6));
  REQUIRE(at::allclose(at::matmul(x, (merged - weight).t()), read_tensor(golden.at("delta")), 1e-5, 1e-5));
}
