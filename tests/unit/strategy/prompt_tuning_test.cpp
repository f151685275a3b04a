// The prompt_tuning plugin through the host: claims, refusals, initial values.
#include <set>

#include "recipe_entries.hpp"
#include "small_model.hpp"
#include "strategy/strategies.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

Strategies prompt(recipe::Table options) {
  return Strategies::load({test::entry("prompt_tuning", std::move(options))}, {test::shipped_plugins()});
}

Resolution resolved(const Strategies& strategies, const sdk::ModelView& view) {
  Faults faults;
  Resolution resolution = resolve(view, strategies.plan(view), {}, faults);
  faults.raise<RecipeError>();
  return resolution;
}

std::string refusal(recipe::Table options) {
  return test::refusal<PluginError>([&] { prompt(std::move(options)); });
}

at::Tensor first_values(recipe::Table options, const std::vector<int64_t>& text_ids = {}, uint64_t seed = 1) {
  const auto model = test::small_model();
  Strategies strategies = prompt(std::move(options));
  const Resolution resolution = resolved(strategies, model->view());
  strategies.apply(*model, resolution, seed, Strategies::Start::fresh,
                   {.passes = {}, .tokenize = [&](const std::string&) { return text_ids; }, .carried = {}});
  return strategies.claimed_tensors().front().tensor.detach();
}

at::Tensor words() { return test::small_model()->parameter("embeddings.word_embeddings.weight"); }

recipe::Table from_text(int64_t tokens) {
  return {{"tokens", test::number(static_cast<double>(tokens))},
          {"init", test::string("text")},
          {"init_text", test::string("what is asked")}};
}

}  // namespace

TEST_CASE("prompt tuning claims one tensor, and only it and the new head train") {
  const Resolution resolution = resolved(prompt({{"tokens", test::number(5)}}), test::small_view());
  REQUIRE(resolution.prompt.has_value());
  CHECK(resolution.find("prompt_tuning.prompt")->shape == std::vector<int64_t>{5, 8});
  CHECK(resolution.trainable_count() == 5 * 8 + 6 * 8 + 6);
  CHECK(resolution.notes.front().second == "5 soft tokens, first N(0, 1^2)");
}

TEST_CASE("prompt tuning refuses settings that contradict each other") {
  CHECK(
      refusal({{"init", test::string("text")}}) ==
      "recipe.lua:7: strategy 'prompt_tuning', construction: init = \"text\" needs a text, and init_text is not given. "
      "Fix: say what the task is: init_text = \"...\"");
  CHECK(refusal({{"init", test::string("vocabulary")}, {"init_text", test::string("a")}}) ==
        "recipe.lua:7: strategy 'prompt_tuning', construction: init_text is given, and init = \"vocabulary\" does not "
        "read it. Fix: choose init = \"text\", or leave it out");
}

TEST_CASE("a text's word embeddings are cut or repeated to the number of tokens, as PEFT does") {
  const auto rows = [](const std::vector<int64_t>& ids) { return words().index_select(0, at::tensor(ids)); };
  CHECK(at::equal(first_values(from_text(3), {2, 7, 8, 9, 3}), rows({2, 7, 8})));
  CHECK(at::equal(first_values(from_text(8), {2, 7, 3}), rows({2, 7, 3, 2, 7, 3, 2, 7})));
  CHECK(test::refusal<PluginError>([] { first_values(from_text(3), {}); }) ==
        "recipe.lua:7: strategy 'prompt_tuning', initialise: init_text = \"what is asked\" has no tokens. Fix: give a "
        "text with words");
}

TEST_CASE("first values from the vocabulary are word embeddings of seeded, evenly drawn tokens") {
  const recipe::Table options = {{"tokens", test::number(9)}, {"init", test::string("vocabulary")}};
  std::set<int64_t> drawn;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const at::Tensor found = (first_values(options, {}, seed).unsqueeze(1) == words().unsqueeze(0)).all(2);
    CHECK(found.sum(1).eq(1).all().item<bool>());
    const at::Tensor ids = found.to(at::kInt).argmax(1);
    for (int64_t i = 0; i < 9; ++i) drawn.insert(ids[i].item<int64_t>());
  }
  // 360 draws from 30 ids: the chance that one of them never comes is below 2e-4.
  CHECK(drawn.size() == 30);
  CHECK(at::equal(first_values(options, {}, 1), first_values(options, {}, 1)));
}

TEST_CASE("random first values are N(0, scale^2)") {
  const at::Tensor draws = first_values({{"tokens", test::number(10)}, {"scale", test::number(3)}});
  // 80 draws: the standard deviation's relative standard error is 8 %; four of them.
  CHECK(draws.std().item<double>() == Approx(3).epsilon(0.32));
}
