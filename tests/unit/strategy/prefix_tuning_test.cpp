// The prefix_tuning plugin through the host: claims, refusals, initial values, and PEFT's numbers.
#include <ATen/core/grad_mode.h>

#include "base/json.hpp"
#include "recipe_entries.hpp"
#include "small_model.hpp"
#include "strategy/strategies.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

const std::string kAttention0 = "prefix_tuning.encoder.layer.0.attention.";

Strategies prefix(recipe::Table options = {}) {
  return Strategies::load({test::entry("prefix_tuning", std::move(options))}, {test::shipped_plugins()});
}

Resolution resolved(const Strategies& strategies, const sdk::ModelView& view) {
  const std::vector<DataFacts> data = {{.name = "questions", .task = "questions", .rows = 100, .classes = 6}};
  Faults faults;
  Resolution resolution = resolve(view, strategies.plan(view), data, faults);
  faults.raise<RecipeError>();
  return resolution;
}

std::string refusal(recipe::Table options) {
  return test::refusal<PluginError>([&] { prefix(std::move(options)); });
}

std::map<std::string, at::Tensor> claimed(const Strategies& strategies) {
  std::map<std::string, at::Tensor> tensors;
  for (const model::NamedTensor& entry : strategies.claimed_tensors()) tensors[entry.name] = entry.tensor.detach();
  return tensors;
}

// The visitor's side of a forward pass: one batch with made-up hidden states.
class Batch final : public sdk::ForwardView {
 public:
  Batch(const model::Model& model, std::vector<int64_t> offsets) : model_(model), offsets_(std::move(offsets)) {}
  at::Tensor logits() const override { return {}; }
  // Hidden state of token t: t in every place, plus 100 in the second block.
  at::Tensor tap(const std::string& name) const override {
    const double shift = name == "embeddings" ? 0 : 100;
    return (at::arange(offsets_.back(), at::kFloat) + shift).unsqueeze(1).expand({-1, 8});
  }
  at::Tensor input(const std::string&) const override { return {}; }
  const std::vector<int64_t>& offsets() const override { return offsets_; }
  const std::vector<int64_t>& labels() const override { return labels_; }
  at::Tensor parameter(const std::string& name) const override { return model_.parameter(name); }

 private:
  const model::Model& model_;
  std::vector<int64_t> offsets_;
  std::vector<int64_t> labels_;
};

const recipe::Table kFromActivations = {
    {"tokens", test::number(4)}, {"init", test::string("activations")}, {"init_data", test::string("questions")}};

}  // namespace

TEST_CASE("prefix tuning claims keys and values of every block, and only they and the new head train") {
  const Resolution resolution = resolved(prefix({{"tokens", test::number(3)}}), test::small_view());
  REQUIRE(resolution.prefixes.size() == 2);
  REQUIRE(resolution.find(kAttention0 + "prefix_keys")->shape == std::vector<int64_t>{3, 8});
  REQUIRE(resolution.trainable_count() == 2 * 2 * 3 * 8 + 6 * 8 + 6);
  REQUIRE(resolution.notes.front().second == "3 virtual tokens at 2 attention sites");
}

TEST_CASE("keys and values of grouped-query attention are as wide as its keys") {
  sdk::ModelView view = test::small_view();
  for (sdk::AttentionSite& site : view.attention_sites) site.key_value_heads = 1;
  for (const bool mlp : {false, true}) {
    const Resolution resolution = resolved(prefix({{"tokens", test::number(3)}, {"mlp", test::boolean(mlp)}}), view);
    if (mlp) {
      CHECK(resolution.find("prefix_tuning.embedding.weight")->shape == std::vector<int64_t>{3, 4});
      CHECK(resolution.find(kAttention0 + "transform.2.weight")->shape == std::vector<int64_t>{8, 4});
    } else {
      CHECK(resolution.find(kAttention0 + "prefix_keys")->shape == std::vector<int64_t>{3, 4});
    }
  }
}

TEST_CASE("prefix tuning refuses settings that contradict each other") {
  CHECK(refusal({{"init", test::string("activations")}}) ==
        "recipe.lua:7: strategy 'prefix_tuning', construction: init = \"activations\" needs real tokens, and init_data "
        "is "
        "not given. Fix: name a data set of the recipe: init_data = \"...\"");
  CHECK(refusal({{"init_data", test::string("questions")}}) ==
        "recipe.lua:7: strategy 'prefix_tuning', construction: init_data is given, and init = \"random\" does not read "
        "it. Fix: choose init = \"activations\", or leave init_data out");
  recipe::Table both = kFromActivations;
  both.push_back({"mlp", test::boolean(true)});
  CHECK(
      refusal(both) ==
      "recipe.lua:7: strategy 'prefix_tuning', construction: init = \"activations\" sets keys and values, and with mlp "
      "= true a network makes them. Fix: choose init = \"random\" or mlp = false; real activations do without the "
      "network");
  CHECK(refusal({{"mlp_hidden", test::number(4)}}) ==
        "recipe.lua:7: strategy 'prefix_tuning', construction: mlp_hidden is given, and mlp is false. Fix: set mlp = "
        "true, or leave mlp_hidden out");
}

TEST_CASE("random first values are N(0, scale^2), repeat under one seed and differ under another") {
  const auto values = [](double scale, uint64_t seed) {
    const auto model = test::small_model();
    Strategies strategies = prefix({{"tokens", test::number(10)}, {"scale", test::number(scale)}});
    const Resolution resolution = resolved(strategies, model->view());
    strategies.apply(*model, resolution, seed, Strategies::Start::fresh);
    std::vector<at::Tensor> all;
    for (const auto& [name, tensor] : claimed(strategies)) all.push_back(tensor.flatten());
    return at::cat(all);
  };
  const at::Tensor draws = values(2, 1);
  // 320 draws: the standard deviation's relative standard error is 4 %, the mean's error 0.11; four of them.
  CHECK(draws.std().item<double>() == Approx(2).epsilon(0.16));
  CHECK(std::abs(draws.mean().item<double>()) < 0.45);
  CHECK(at::equal(draws, values(2, 1)));
  CHECK_FALSE(at::equal(draws, values(2, 2)));
  CHECK(values(0, 1).abs().max().item<double>() == 0);
}

TEST_CASE("the network starts as torch's embeddings and linear layers do") {
  const auto model = test::small_model();
  Strategies strategies =
      prefix({{"tokens", test::number(10)}, {"mlp", test::boolean(true)}, {"mlp_hidden", test::number(64)}});
  const Resolution resolution = resolved(strategies, model->view());
  strategies.apply(*model, resolution, 1, Strategies::Start::fresh);
  const auto tensors = claimed(strategies);
  REQUIRE(tensors.size() == 3 + 2 * 2);
  // Relative to the bound; the fewest draws are 16, all of which fall below 0.6 of it with a chance of 3e-4.
  const auto check_uniform = [&](const std::string& name, double bound) {
    const double largest = tensors.at(name).abs().max().item<double>() / bound;
    CHECK(largest <= 1 + 1e-6);
    CHECK(largest > 0.6);
  };
  CHECK(tensors.at("prefix_tuning.embedding.weight").std().item<double>() == Approx(1).epsilon(0.32));
  for (const std::string name : {"weight", "bias"}) {
    check_uniform("prefix_tuning.transform.0." + name, 1 / std::sqrt(8.0));
    check_uniform(kAttention0 + "transform.2." + name, 1 / std::sqrt(64.0));
  }
}

TEST_CASE("a network that an earlier run has left is gone on from, whatever the seed") {
  const auto values = [](const InitServices& services, uint64_t seed) {
    const auto model = test::small_model();
    Strategies strategies = prefix({{"tokens", test::number(4)}, {"mlp", test::boolean(true)}});
    const Resolution resolution = resolved(strategies, model->view());
    strategies.apply(*model, resolution, seed, Strategies::Start::fresh, services);
    return claimed(strategies);
  };
  const auto first = values({}, 1);
  const auto second = values({.passes = {}, .tokenize = {}, .carried = first}, 2);
  for (const auto& [name, tensor] : first) CHECK(at::equal(second.at(name), tensor));
  // A file that holds only some of the network is no network.
  const auto third = values({.passes = {}, .tokenize = {}, .carried = {*first.begin()}}, 1);
  for (const auto& [name, tensor] : values({}, 1)) CHECK(at::equal(third.at(name), tensor));
}

TEST_CASE("the keys and values that the network makes are PEFT's") {
  const Json cases = read_json(std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden/virtual_tokens.json");
  const Json& golden = cases.at(2);
  REQUIRE(golden.at("name") == "prefix with MLP");
  const auto part = [](const Json& json) {
    return at::tensor(json.at("values").get<std::vector<double>>(), at::kDouble)
        .to(at::kFloat)
        .view(json.at("shape").get<std::vector<int64_t>>());
  };
  const auto model = model::load_model(
      std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden/model" / golden.at("model").get<std::string>(), "task");
  model->add_fresh_head("questions", {"a", "b"}, at::make_generator<at::CPUGeneratorImpl>(1));
  Strategies strategies =
      prefix({{"tokens", test::number(3)}, {"mlp", test::boolean(true)}, {"mlp_hidden", test::number(6)}});
  const Resolution resolution = resolved(strategies, model->view());
  strategies.apply(*model, resolution, 1, Strategies::Start::fresh);
  const at::NoGradGuard no_grad;
  auto tensors = claimed(strategies);
  const Json& theirs = golden.at("tensors");
  for (const std::string name : {"embedding.weight", "transform.0.weight", "transform.0.bias"}) {
    tensors.at("prefix_tuning." + name).copy_(part(theirs.at(name)));
  }
  for (int64_t layer = 0; layer < 2; ++layer) {
    for (const std::string name : {"transform.2.weight", "transform.2.bias"}) {
      tensors.at("prefix_tuning.encoder.layer." + std::to_string(layer) + ".attention." + name)
          .copy_(part(theirs.at(name)).narrow(0, 32 * layer, 32));
    }
  }
  const sdk::TensorByName by_name = [&](const std::string& name) { return tensors.at("prefix_tuning." + name); };
  std::vector<at::Tensor> rows;
  for (const auto& [owner, claim] : resolution.prefixes) {
    const sdk::KeysValues made = claim.source(by_name);
    rows.push_back(made.keys);
    rows.push_back(made.values);
  }
  CHECK(at::allclose(at::cat(rows, 1), part(golden.at("prompt_embeddings")), 1e-5, 1e-6));
}

TEST_CASE("first values from activations are the keys and values of inner tokens, another position in each row") {
  const auto model = test::small_model();
  Strategies strategies = prefix(kFromActivations);
  const Resolution resolution = resolved(strategies, model->view());
  REQUIRE(resolution.passes.size() == 1);
  const sdk::Pass& pass = resolution.passes.front().pass;
  CHECK(pass.data == "questions");
  CHECK(pass.samples == 4);
  const sdk::Forward& forward = std::get<sdk::Forward>(pass.work);
  CHECK(forward.taps == std::vector<std::string>{"embeddings", "encoder.layer.0"});
  // Rows of 5, 3, 2 and 6 tokens: of these tokens 1, 6 (1 + 1 % 1), 8 (nothing inside) and 10 + 1 + 3 % 4.
  forward.visit(Batch(*model, {0, 5, 8, 10}));
  forward.visit(Batch(*model, {0, 6}));
  strategies.apply(*model, resolution, 1, Strategies::Start::fresh);
  const auto tensors = claimed(strategies);
  const at::Tensor hidden = at::tensor({1., 6., 8., 4.}, at::kFloat).unsqueeze(1).expand({-1, 8});
  for (const int64_t layer : {0, 1}) {
    const std::string block = "encoder.layer." + std::to_string(layer) + ".attention.";
    for (const auto& [linear, own] : {std::pair{"key", "prefix_keys"}, std::pair{"value", "prefix_values"}}) {
      const std::string site = block + "self." + linear;
      const at::Tensor expected = at::linear(hidden + 100. * static_cast<double>(layer),
                                             model->parameter(site + ".weight"), model->parameter(site + ".bias"));
      CHECK(at::allclose(tensors.at("prefix_tuning." + block + own), expected, 1e-5, 1e-4));
    }
  }
}

TEST_CASE("a data set with fewer rows than virtual tokens is refused") {
  const auto model = test::small_model();
  Strategies strategies = prefix(kFromActivations);
  const Resolution resolution = resolved(strategies, model->view());
  std::get<sdk::Forward>(resolution.passes.front().pass.work).visit(Batch(*model, {0, 5, 8, 10}));
  CHECK(test::refusal<PluginError>([&] { strategies.apply(*model, resolution, 1, Strategies::Start::fresh); }) ==
        "recipe.lua:7: strategy 'prefix_tuning', initialise: init_data = \"questions\" holds 3 rows, and each of the 4 "
        "tokens takes one. Fix: name a larger data set, or lower tokens to 3");
}
