// Strategies from the recipe's list to guarded calls, with the fixture plugins.
#include <ATen/core/grad_mode.h>

#include "recipe_entries.hpp"
#include "small_model.hpp"
#include "strategy/strategies.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

const std::string kQuery0 = "encoder.layer.0.attention.self.query";

Strategies load(const std::vector<recipe::StrategyEntry>& entries) {
  return Strategies::load(entries,
                          {test::shipped_plugins(), test::fixture_folder("throws"), test::fixture_folder("scaler")});
}

Strategies failing_in(const std::string& phase) {
  return load({test::entry("throws", {{"phase", test::string(phase)}})});
}

Resolution resolved(const Strategies& strategies, const model::Model& model) {
  Faults faults;
  Resolution resolution = resolve(model.view(), strategies.plan(model.view()), {}, faults);
  faults.raise<RecipeError>();
  return resolution;
}

void apply(Strategies& strategies, model::Model& model, Strategies::Start start = Strategies::Start::fresh) {
  strategies.apply(model, resolved(strategies, model), 42, start);
}

// Loads the throwing fixture, applies it, and tells how `phase` is refused.
std::string refused(const std::string& phase, const std::function<void(Strategies&, model::Model&)>& action) {
  const auto model = test::small_model();
  Strategies strategies = failing_in(phase);
  return test::refusal<PluginError>([&] { action(strategies, *model); });
}

at::Tensor find(const std::vector<model::NamedTensor>& tensors, const std::string& name) {
  for (const model::NamedTensor& entry : tensors) {
    if (entry.name == name) return entry.tensor;
  }
  FAIL("no tensor " << name);
  return {};
}

}  // namespace

TEST_CASE("all faults of a recipe's strategies come at once: unknown plugins and wrong options") {
  const std::string text = test::refusal<PluginError>([] {
    load({test::entry("lroa", {}, 5), test::entry("lora", {{"rnak", test::number(4, 6)}}, 6)});
  });
  REQUIRE(text.find("recipe.lua:5: no plugin for the strategy 'lroa'; did you mean 'lora'?") == 0);
  REQUIRE(text.find("\nrecipe.lua:6: strategy 'lora' has no option 'rnak'; did you mean 'rank'?") != std::string::npos);
}

TEST_CASE("wrong options alone are an error of the recipe") {
  REQUIRE(test::refusal<RecipeError>([] {
            load({test::entry("lora", {{"alpha", test::number(0)}})});
          }) == "recipe.lua:8: lora.alpha is 0 (allowed: greater than 0)");
}

TEST_CASE("settings are listed with every default spelled out") {
  const auto settings = load({test::entry("lora", {{"rank", test::number(4)}})}).settings();
  REQUIRE(settings.front().first == "lora");
  REQUIRE(std::get<int64_t>(settings.front().second.at("rank")) == 4);
  REQUIRE(std::get<double>(settings.front().second.at("alpha")) == 32.0);
  REQUIRE(settings.front().second.size() == 12);
}

TEST_CASE("a plugin's exception reaches the user as a PluginError with id, phase and recipe line") {
  REQUIRE(test::refusal<PluginError>([] { failing_in("construction"); }) ==
          "recipe.lua:7: strategy 'throws', construction: these options make no sense. Fix: drop one of them");
  REQUIRE(refused("plan", [](Strategies& s, model::Model& m) { s.plan(m.view()); }) ==
          "recipe.lua:7: strategy 'throws', plan: the model has too few blocks. Fix: choose a larger model");
  REQUIRE(refused("initialise", [](Strategies& s, model::Model& m) { apply(s, m); }) ==
          "recipe.lua:7: strategy 'throws', initialise: there is no claimed tensor 'stat'; did you mean 'state'?");
  REQUIRE(refused("initialise badly", [](Strategies& s, model::Model& m) { apply(s, m); }) ==
          "recipe.lua:7: strategy 'throws', initialise, at state: it left a value that is not finite");
}

TEST_CASE("phases of a step are guarded: private exceptions, foreign objects and torch's errors alike") {
  const auto in_phase = [](const std::string& phase, const std::function<void(Strategies&)>& call) {
    return refused(phase, [&](Strategies& s, model::Model& m) {
      apply(s, m);
      call(s);
    });
  };
  REQUIRE(in_phase("begin", [](Strategies& s) { s.begin({}); }) ==
          "recipe.lua:7: strategy 'throws', begin: the model has no parameter 'pooler.dense.wieght'; did you mean "
          "'pooler.dense.weight' or 'pooler.dense.bias'?");
  REQUIRE(in_phase("on_gradients", [](Strategies& s) { s.on_gradients({}, {}); }) ==
          "recipe.lua:7: strategy 'throws', on_gradients: a private failure");
  REQUIRE(in_phase("on_update", [](Strategies& s) { s.on_update({}); }) ==
          "recipe.lua:7: strategy 'throws', on_update: threw something that is no exception");
  const std::string torch = in_phase("torch", [](Strategies& s) { s.on_update({}); });
  REQUIRE(torch.find("recipe.lua:7: strategy 'throws', on_update: torch refused an operation: ") == 0);
  REQUIRE(torch.find('\n') == std::string::npos);
}

TEST_CASE("a failing adapter is reported with its site") {
  const auto model = test::small_model();
  Strategies strategies = failing_in("adapter");
  apply(strategies, *model);
  REQUIRE(test::refusal<PluginError>([&] { model->logits(test::small_batch(), "topics", {}); }) ==
          "recipe.lua:7: strategy 'throws', adapter, at " + kQuery0 + ": the delta broke");
}

TEST_CASE("a strategy that changes a gradient where it may only read is refused") {
  const auto model = test::small_model();
  Strategies strategies = failing_in("change a gradient");
  apply(strategies, *model);
  at::Tensor weight = at::ones({2}).requires_grad_();
  weight.mutable_grad() = at::ones({2});
  REQUIRE(test::refusal<PluginError>([&] {
            strategies.on_gradients({}, {{"w", weight}});
          }) ==
          "recipe.lua:7: strategy 'throws', on_gradients, at w: it changed the gradient, which is read only there. "
          "Fix: claim a projection by plan.project()");
}

TEST_CASE("claimed tensors are live leaves under qualified names, in the order of the claims") {
  const auto model = test::small_model();
  Strategies strategies = load({test::entry("scaler", {{"start", test::number(0.5)}})});
  apply(strategies, *model);
  const std::vector<model::NamedTensor> tensors = strategies.claimed_tensors();
  REQUIRE(tensors.size() == 3);
  REQUIRE(tensors[0].name == "scaler." + kQuery0 + ".s");
  REQUIRE(tensors[0].tensor.requires_grad());
  REQUIRE(tensors[0].tensor.is_leaf());
  REQUIRE(at::equal(tensors[0].tensor.detach(), at::full({8}, 0.5)));
  REQUIRE(tensors[2].name == "scaler.steps_seen");
  REQUIRE_FALSE(tensors[2].tensor.requires_grad());
  strategies.on_update({1, 10, 0.1});
  REQUIRE(find(strategies.claimed_tensors(), "scaler.steps_seen").item<double>() == 1);
}

TEST_CASE("merging a Custom adapter equals running it") {
  const auto model = test::small_model();
  Strategies strategies = load({test::entry("scaler", {{"start", test::number(0.5)}})});
  apply(strategies, *model);
  const at::NoGradGuard no_grad;
  const at::Tensor adapted = model->logits(test::small_batch(), "topics", {});
  const std::vector<model::NamedTensor> merged = strategies.merged_parameters(*model);
  model->detach_all();
  const at::Tensor base = model->logits(test::small_batch(), "topics", {});
  model->parameter(kQuery0 + ".weight").copy_(find(merged, kQuery0 + ".weight"));
  model->parameter("encoder.layer.1.attention.self.query.weight")
      .copy_(find(merged, "encoder.layer.1.attention.self.query.weight"));
  // fp32 sums of 8 and 16 terms in another order: a few units of 2^-23 times values below 10.
  REQUIRE(at::allclose(model->logits(test::small_batch(), "topics", {}), adapted, 1e-5, 1e-5));
  REQUIRE_FALSE(at::allclose(base, adapted, 1e-3, 1e-3));
}

TEST_CASE("an adapter that cannot be merged is refused before anything runs, since checkpoints need it") {
  const auto model = test::small_model();
  const Strategies stubborn = load({test::entry("scaler", {{"merges", test::boolean(false)}})});
  const std::string refused = test::refusal<RecipeError>([&] { resolved(stubborn, *model); });
  REQUIRE(refused.find("recipe.lua:7: strategy 'scaler': the adapter of " + kQuery0 +
                       " has no merged_delta function, without which no checkpoint can be written. Fix: give "
                       "Custom::merged_delta: the change of the weight that does the same without dropout\n") == 0);
}

TEST_CASE("state goes out and comes back, and state of other strategies is refused") {
  const auto model = test::small_model();
  Strategies strategies = load({test::entry("scaler")});
  apply(strategies, *model);
  strategies.on_update({});
  strategies.on_update({});
  const std::vector<StrategyState> saved = strategies.save_state();
  REQUIRE(saved.size() == 1);
  REQUIRE(saved[0].numbers.at("steps") == 2);

  const auto other_model = test::small_model();
  Strategies restored = load({test::entry("scaler")});
  apply(restored, *other_model, Strategies::Start::restored);
  restored.load_state(saved);
  restored.on_update({});
  REQUIRE(restored.save_state()[0].numbers.at("steps") == 3);
  REQUIRE(test::refusal<PluginError>([&] {
            restored.load_state({{"ewc", {}, {}, {}}});
          }) ==
          "the checkpoint holds state of the strategy 'ewc', which this run does not have\n"
          "recipe.lua:7: the checkpoint holds no state of the strategy 'scaler'");
  REQUIRE(test::refusal<PluginError>([&] {
            restored.load_state({{"scaler", {}, {{"kind", "other"}}, {}}});
          }) == "recipe.lua:7: strategy 'scaler', load: the state is of another kind");
}

TEST_CASE("after shutdown no strategy is left, and its claims stay usable") {
  const auto model = test::small_model();
  Strategies strategies = load({test::entry("scaler")});
  apply(strategies, *model);
  strategies.shutdown();
  REQUIRE(strategies.claimed_tensors().empty());
  REQUIRE_NOTHROW(model->logits(test::small_batch(), "topics", {}));
}
