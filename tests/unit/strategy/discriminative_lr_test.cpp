// The discriminative_lr plugin through the host: the rate scale and weight decay of every tensor.
#include <cmath>

#include "recipe_entries.hpp"
#include "small_model.hpp"
#include "strategy/describe.hpp"
#include "strategy/strategies.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

recipe::Value table(const std::map<std::string, double>& numbers) {
  auto mixed = std::make_shared<recipe::Mixed>();
  for (const auto& [name, number] : numbers) mixed->table.emplace_back(name, test::number(number));
  return test::value({mixed, {}, ""}, 8);
}

Resolution resolved(recipe::Table options, std::vector<recipe::StrategyEntry> others = {}) {
  others.push_back(test::entry("discriminative_lr", std::move(options)));
  const Strategies strategies = Strategies::load(others, {test::shipped_plugins()});
  const sdk::ModelView view = test::small_view();
  Faults faults;
  Resolution resolution = resolve(view, strategies.plan(view), {}, faults);
  faults.raise<RecipeError>();
  return resolution;
}

}  // namespace

TEST_CASE("rates fall from the top down: each tensor's scale is decay to the power of its depth") {
  for (const double decay : {0.9, 0.5, 1.0}) {
    const Resolution resolution = resolved({{"decay", test::number(decay)}});
    for (const sdk::Parameter& parameter : test::small_view().parameters) {
      // Two blocks: block 1 is one step below the pooler, block 0 two, the embeddings three.
      double expected = 1;
      if (parameter.role == sdk::Role::block) expected = parameter.layer == 1 ? decay : decay * decay;
      if (parameter.role == sdk::Role::embedding) expected = decay * decay * decay;
      INFO(parameter.name);
      CHECK(resolution.find(parameter.name)->rate_scale == Approx(expected).epsilon(1e-15));
      CHECK_FALSE(resolution.find(parameter.name)->weight_decay);
    }
  }
}

TEST_CASE("the decay is 0.9 unless the recipe says otherwise, and the plan shows the rates") {
  const Resolution resolution = resolved({});
  CHECK(resolution.find("embeddings.LayerNorm.bias")->rate_scale == Approx(0.729));
  CHECK(resolution.notes.front().second == "embeddings x 0.729, block 0 x 0.81 to block 1 x 0.9, pooler and head x 1");
}

TEST_CASE("weight decay is set by part, and parts left out keep the recipe's") {
  const Resolution resolution = resolved({{"weight_decay", table({{"blocks", 0.01}, {"head", 0}})}});
  CHECK(resolution.find("encoder.layer.0.output.dense.weight")->weight_decay == 0.01);
  CHECK(resolution.find("heads.questions.weight")->weight_decay == 0.0);
  CHECK_FALSE(resolution.find("embeddings.word_embeddings.weight")->weight_decay);
  CHECK_FALSE(resolution.find("pooler.dense.weight")->weight_decay);
  CHECK_FALSE(resolution.find("heads.topics.weight")->weight_decay);
}

TEST_CASE("adapters learn at the rate of the block that they stand in") {
  const Resolution resolution = resolved({}, {test::entry("lora", {{"dora", test::boolean(true)}}, 6)});
  const std::string query = "lora.encoder.layer.0.attention.self.query.";
  for (const char* name : {"lora_A.weight", "lora_B.weight", "lora_magnitude_vector"}) {
    CHECK(resolution.find(query + name)->rate_scale == Approx(0.81));
  }
}

TEST_CASE("discriminative rates refuse a decay out of range and parts that no model has") {
  for (const double decay : {0.0, 1.1}) {
    CHECK(test::refusal<RecipeError>([&] {
            resolved({{"decay", test::number(decay)}});
          }).find("discriminative_lr.decay is ") != std::string::npos);
  }
  CHECK(test::refusal<PluginError>([&] {
          resolved({{"weight_decay", table({{"body", 0.1}, {"tail", 0.1}})}});
        }) ==
        "recipe.lua:7: strategy 'discriminative_lr', construction: weight_decay names 'body', 'tail', which is no part "
        "of a model. Fix: choose from embeddings, blocks, pooler, head");
}

TEST_CASE("the plan shows rates to six digits") {
  const std::string text = describe(resolved({{"decay", test::number(0.8)}}));
  CHECK(text.find("x 0.512 ") != std::string::npos);
  CHECK(text.find("x 0.64 ") != std::string::npos);
  CHECK(rate_scale_text(1) == "x 1");
  CHECK(rate_scale_text(1.0 / 3) == "x 0.333333");
}
