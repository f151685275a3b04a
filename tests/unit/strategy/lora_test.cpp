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
  Resolution resolution = resolve(view, strategies.plan(view), {}, faults);
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

namespace {

recipe::Value table(const std::map<std::string, double>& numbers) {
  auto mixed = std::make_shared<recipe::Mixed>();
  for (const auto& [name, number] : numbers) mixed->table.emplace_back(name, test::number(number));
  return test::value({mixed, {}, ""}, 8);
}

recipe::Value numbers(const std::vector<double>& all) {
  auto mixed = std::make_shared<recipe::Mixed>();
  for (const double number : all) mixed->list.push_back(test::number(number));
  return test::value({mixed, {}, ""}, 8);
}

std::string note(recipe::Table options) {
  return resolved(lora(std::move(options)), test::small_view()).notes.front().second;
}

// A case of the golden: options as a recipe has them, on query and value of block 0.
recipe::Table golden_options(const Json& options) {
  recipe::Table entries = {{"targets", test::list({"0.attention.self.query", "0.attention.self.value"})}};
  if (!options.contains("dropout")) entries.emplace_back("dropout", test::number(0));
  for (const auto& [name, value] : options.items()) {
    if (value.is_object()) {
      entries.emplace_back(name, table(value.get<std::map<std::string, double>>()));
    } else {
      entries.emplace_back(name, value.is_boolean() ? test::boolean(true) : test::number(value.get<double>()));
    }
  }
  return entries;
}

// PEFT's weights in the model and PEFT's adapter in the strategy's tensors.
void fill(model::Model& model, const Strategies& strategies, const Json& sites) {
  const at::NoGradGuard no_grad;
  for (const auto& [part, site] : sites.items()) {
    const std::string name = "encoder.layer.0.attention.self." + part;
    model.parameter(name + ".weight").copy_(read_tensor(site.at("weight")));
    model.parameter(name + ".bias").copy_(read_tensor(site.at("bias")));
    for (const auto& [key, tensor] : site.at("tensors").items()) {
      find(strategies.claimed_tensors(), "lora." + name + "." + key).copy_(read_tensor(tensor));
    }
  }
}

// What an adapter adds to a projection's output, as the model's Linear calls it; dropout is the golden's mask.
at::Tensor delta(const sdk::Adapt& adapt, const Strategies& strategies, const Json& wanted, const Json& site) {
  const at::Tensor x = read_tensor(wanted.at("x"));
  const sdk::TensorByName tensor = [&](const std::string& name) {
    return find(strategies.claimed_tensors(), "lora." + name);
  };
  if (const auto* low_rank = std::get_if<sdk::LowRank>(&adapt.adapter)) {
    return at::linear(at::linear(x, tensor(low_rank->a)), tensor(low_rank->b)) * low_rank->scale;
  }
  const at::Tensor weight = read_tensor(site.at("weight")), bias = read_tensor(site.at("bias"));
  const auto dropout = [&](const at::Tensor& y, double probability) {
    return probability == 0 ? y : y * read_tensor(wanted.at("mask"));
  };
  const sdk::AdapterPass pass{.weight = weight, .tensor = tensor, .dropout = dropout, .bias = bias};
  return std::get<sdk::Custom>(adapt.adapter).delta(pass, x, at::linear(x, weight, bias));
}

}  // namespace

TEST_CASE("LoRA, rsLoRA, DoRA, dropout and patterns compute PEFT's deltas, merged weights and gradients") {
  const Json golden = read_json(std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden/lora_forward.json");
  for (const auto& [name, wanted] : golden.items()) {
    const auto model = test::small_model();
    Strategies strategies = lora(golden_options(wanted.at("options")));
    const Resolution resolution = resolved(strategies, model->view());
    strategies.apply(*model, resolution, 42, Strategies::Start::fresh);
    fill(*model, strategies, wanted.at("sites"));
    REQUIRE(resolution.adapters.size() == 2);
    for (const ResolvedAdapter& adapter : resolution.adapters) {
      const std::string part = adapter.adapt.site.substr(adapter.adapt.site.rfind('.') + 1);
      INFO(name << ", " << part);
      const Json& site = wanted.at("sites").at(part);
      const at::Tensor merged = find(strategies.merged_parameters(*model), adapter.adapt.site + ".weight");
      // Sums of at most 8 terms below 10 in fp32, printed with nine digits.
      CHECK(at::allclose(merged, read_tensor(site.at("merged_weight")), 1e-5, 1e-5));
      const at::Tensor added = delta(adapter.adapt, strategies, wanted, site);
      CHECK(at::allclose(added, read_tensor(site.at("delta")), 1e-5, 1e-5));
      (added * read_tensor(wanted.at("pull"))).sum().backward();
      for (const auto& [key, gradient] : site.at("gradients").items()) {
        const at::Tensor own = find(strategies.claimed_tensors(), "lora." + adapter.adapt.site + "." + key).grad();
        INFO(key);
        CHECK(at::allclose(own, read_tensor(gradient), 1e-5, 2e-5));
      }
    }
  }
}

TEST_CASE("DoRA leaves the model's outputs as they were, bit for bit, until it has trained") {
  const auto model = test::small_model();
  const at::NoGradGuard no_grad;
  const at::Tensor before = model->logits(test::small_batch(), "topics", {});
  Strategies strategies = lora({{"targets", test::string("all-linear")}, {"dora", test::boolean(true)}});
  strategies.apply(*model, resolved(strategies, model->view()), 42, Strategies::Start::fresh);
  CHECK(at::equal(model->logits(test::small_batch(), "topics", {}), before));
  CHECK(find(strategies.claimed_tensors(), "lora." + kQuery0 + ".lora_magnitude_vector").min().item<double>() > 0);
}

TEST_CASE("DoRA's merged weight does in the model what the adapter does") {
  const auto model = test::small_model();
  Strategies strategies = lora({{"targets", test::string("all-linear")}, {"dora", test::boolean(true)}});
  strategies.apply(*model, resolved(strategies, model->view()), 42, Strategies::Start::fresh);
  const at::NoGradGuard no_grad;
  for (const model::NamedTensor& entry : strategies.claimed_tensors()) at::Tensor(entry.tensor).add_(0.05);
  const at::Tensor adapted = model->logits(test::small_batch(), "topics", {});
  const std::vector<model::NamedTensor> merged = strategies.merged_parameters(*model);
  model->detach_all();
  CHECK_FALSE(at::allclose(model->logits(test::small_batch(), "topics", {}), adapted, 1e-3, 1e-3));
  for (const model::NamedTensor& entry : merged) model->parameter(entry.name).copy_(entry.tensor);
  CHECK(at::allclose(model->logits(test::small_batch(), "topics", {}), adapted, 1e-5, 1e-5));
}

TEST_CASE("DoRA refuses a weight with a row of zeros, whose length cannot be scaled") {
  const auto model = test::small_model();
  {
    const at::NoGradGuard no_grad;
    model->parameter(kQuery0 + ".weight")[3].zero_();
  }
  Strategies strategies = lora({{"dora", test::boolean(true)}});
  const Resolution resolution = resolved(strategies, model->view());
  REQUIRE(test::refusal<PluginError>([&] {
            strategies.apply(*model, resolution, 42, Strategies::Start::fresh);
          }).find("DoRA cannot scale " + kQuery0 + ": a row of its weight is zero") != std::string::npos);
}

TEST_CASE("LoRA's plan says which ranks and scales it uses") {
  REQUIRE(note({{"rslora", test::boolean(true)}}) == "rank 8, scale 32 / sqrt(8), 4 sites (query 2, value 2)");
  REQUIRE(note({{"rank_pattern", table({{"query", 2}})}, {"alpha_pattern", table({{"value", 1.5}})}}) ==
          "ranks 2 to 8, scale (1.5 to 32) / rank, 4 sites (query 2, value 2)");
  REQUIRE(note({{"dora", test::boolean(true)}, {"exclude", test::list({"1.attention.self.query"})}}) ==
          "rank 8, scale 32 / 8, 3 sites (query 1, value 2), with magnitudes (DoRA)");
  REQUIRE(note({{"layers", numbers({1})}}) == "rank 8, scale 32 / 8, 2 sites (query 1, value 1)");
}

TEST_CASE("a rank pattern changes the shapes, and each rank has to fit its matrix") {
  const Resolution resolution = resolved(lora({{"rank_pattern", table({{"query", 2}})}}), test::small_view());
  REQUIRE(resolution.find("lora." + kQuery0 + ".lora_A.weight")->shape == std::vector<int64_t>{2, 8});
  REQUIRE(plan_refusal({{"rank_pattern", table({{"query", 9}})}}) ==
          "recipe.lua:7: strategy 'lora', plan: rank 9 is larger than the smaller side of " + kQuery0 +
              " (8 x 8) and 1 more. Fix: a rank of at most 8 fits every target");
  REQUIRE(test::refusal<PluginError>([] {
            lora({{"rank_pattern", table({{"query", 2.5}})}});
          }) ==
          "recipe.lua:7: strategy 'lora', construction: rank_pattern 'query' is 2.5. Fix: a rank is a whole number");
}

TEST_CASE("LoRA refuses patterns, exclusions and layers that do nothing or do not exist") {
  REQUIRE(plan_refusal({{"alpha_pattern", table({{"key", 4}})}}) ==
          "recipe.lua:7: strategy 'lora', plan: alpha_pattern 'key' matches none of the 4 targets. Fix: choose from "
          "query, value");
  REQUIRE(plan_refusal({{"exclude", test::list({"key"})}}) ==
          "recipe.lua:7: strategy 'lora', plan: exclude 'key' takes out none of the 4 targets. Fix: drop the entry, or "
          "correct it");
  REQUIRE(plan_refusal({{"layers", numbers({2})}}) ==
          "recipe.lua:7: strategy 'lora', plan: layers names 2, but the model has 2 layers. Fix: choose from 0 to 1");
  REQUIRE(test::refusal<RecipeError>([] {
            lora({{"alpha", test::number(0)}});
          }).find("lora.alpha is 0") != std::string::npos);
  REQUIRE(test::refusal<RecipeError>([] { lora({{"alpha_pattern", table({{"query", 0}})}}); }) != "accepted");
}

TEST_CASE("gaussian first values have the deviation 1 / rank, as PEFT's have") {
  const auto model = test::small_model();
  Strategies strategies =
      lora({{"rank", test::number(4)}, {"init", test::string("gaussian")}, {"targets", test::string("all-linear")}});
  strategies.apply(*model, resolved(strategies, model->view()), 42, Strategies::Start::fresh);
  std::vector<at::Tensor> draws;
  for (const model::NamedTensor& entry : strategies.claimed_tensors()) {
    if (entry.name.ends_with("lora_A.weight")) draws.push_back(entry.tensor.detach().flatten());
  }
  // 480 draws: the deviation is known to 3.2 %; four of them.
  REQUIRE(at::cat(draws).std().item<double>() == Approx(0.25).epsilon(0.13));
}
