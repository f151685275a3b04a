// The freezing plugin through the host: what trains from when, and what is refused.
#include "recipe_entries.hpp"
#include "small_model.hpp"
#include "strategy/strategies.hpp"
#include "strategy/trainability_rules.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

Strategies freezing(recipe::Table options, std::vector<recipe::StrategyEntry> others = {}) {
  others.push_back(test::entry("freezing", std::move(options)));
  return Strategies::load(others, {test::shipped_plugins()});
}

Resolution resolved(const Strategies& strategies) {
  const sdk::ModelView view = test::small_view();
  Faults faults;
  Resolution resolution = resolve(view, strategies.plan(view), {}, faults);
  faults.raise<RecipeError>();
  return resolution;
}

// From when each part trains, from the top down: "pooler from the start, block 1 from epoch 1, ...".
std::string timeline(const Resolution& resolution) {
  std::string text;
  for (const auto& [part, name] :
       std::vector<std::pair<std::string, std::string>>{{"head", "heads.questions.weight"},
                                                        {"pooler", "pooler.dense.weight"},
                                                        {"block 1", "encoder.layer.1.attention.self.query.weight"},
                                                        {"block 0", "encoder.layer.0.output.LayerNorm.bias"},
                                                        {"embeddings", "embeddings.word_embeddings.weight"}}) {
    text += (text.empty() ? "" : ", ") + part + " " + trainability_text(resolution.find(name)->trainability);
  }
  return text;
}

std::string timeline(recipe::Table options) { return timeline(resolved(freezing(std::move(options)))); }

std::string refusal(recipe::Table options) {
  return test::refusal<PluginError>([&] { freezing(std::move(options)).plan(test::small_view()); });
}

recipe::Value keep(const std::string& text) { return test::string(text); }

}  // namespace

TEST_CASE("keeping the last blocks trains them, the pooler and the head, and freezes all below") {
  CHECK(timeline({{"keep", keep("last 1 block")}}) ==
        "head from the start, pooler from the start, block 1 from the start, block 0 never, embeddings never");
  CHECK(timeline({{"keep", keep("last 0 blocks")}}) ==
        "head from the start, pooler from the start, block 1 never, block 0 never, embeddings never");
  CHECK(timeline({{"keep", keep("last 2 blocks")}, {"embeddings", keep("trained")}}) ==
        "head from the start, pooler from the start, block 1 from the start, block 0 from the start, embeddings from "
        "the start");
}

TEST_CASE("keeping the first blocks trains them and the embeddings, and freezes all above but the head") {
  CHECK(timeline({{"keep", keep("first 1 block")}}) ==
        "head from the start, pooler never, block 1 never, block 0 from the start, embeddings from the start");
  CHECK(timeline({{"keep", keep("first 1 blocks")}, {"embeddings", keep("frozen")}}) ==
        "head from the start, pooler never, block 1 never, block 0 from the start, embeddings never");
}

TEST_CASE("frozen embeddings alone leave the rest training") {
  CHECK(timeline({{"embeddings", keep("frozen")}}) ==
        "head from the start, pooler from the start, block 1 from the start, block 0 from the start, embeddings never");
}

TEST_CASE("every tensor of a frozen part is frozen, not only its matrices") {
  const Resolution resolution = resolved(freezing({{"keep", keep("last 1 block")}}));
  for (const sdk::Parameter& parameter : test::small_view().parameters) {
    const bool kept = parameter.role == sdk::Role::pooler || parameter.layer == 1 || parameter.trained_head;
    INFO(parameter.name);
    CHECK(resolution.find(parameter.name)->ever_trains() == kept);
  }
}

TEST_CASE("patterns freeze and train by name; train alone freezes the rest") {
  CHECK(timeline({{"freeze", test::list({"encoder.layer.0.*"})}}) ==
        "head from the start, pooler from the start, block 1 from the start, block 0 never, embeddings from the start");
  CHECK(timeline({{"train", test::list({"*.LayerNorm.*"})}}) ==
        "head from the start, pooler never, block 1 never, block 0 from the start, embeddings never");
  CHECK(timeline({{"keep", keep("last 2 blocks")},
                  {"freeze", test::list({"encoder.layer.*"})},
                  {"train", test::list({"encoder.layer.0.output.LayerNorm.*"})}}) ==
        "head from the start, pooler from the start, block 1 never, block 0 from the start, embeddings never");
}

TEST_CASE("gradual unfreezing lets one part more go at a time, from the top, embeddings last or never") {
  CHECK(timeline({{"every_epochs", test::number(0.5)}}) ==
        "head from the start, pooler from the start, block 1 from epoch 0.5, block 0 from epoch 1, embeddings from "
        "epoch 1.5");
  CHECK(timeline({{"every_steps", test::number(100)}, {"embeddings", keep("frozen")}}) ==
        "head from the start, pooler from the start, block 1 from step 100, block 0 from step 200, embeddings never");
  CHECK(timeline({{"every_steps", test::number(10)}, {"keep", keep("last 1 block")}}) ==
        "head from the start, pooler from the start, block 1 from the start, block 0 from step 10, embeddings from "
        "step 20");
}

TEST_CASE("LoRA and freezing are both: adapters train, and so does what freezing keeps") {
  const Resolution resolution = resolved(freezing({{"every_epochs", test::number(1)}}, {test::entry("lora", {}, 6)}));
  CHECK(timeline(resolution) ==
        "head from the start, pooler from the start, block 1 from epoch 1, block 0 from epoch 2, embeddings from epoch "
        "3");
  CHECK(resolution.find("lora.encoder.layer.0.attention.self.query.lora_A.weight")->trains_at(0, 0));
}

TEST_CASE("freezing says in its plan what trains") {
  const auto note = [](recipe::Table options) { return resolved(freezing(std::move(options))).notes.front().second; };
  CHECK(note({{"keep", keep("last 1 block")}}) == "block 1 and the pooler train");
  CHECK(note({{"keep", keep("first 2 blocks")}}) == "the embeddings and blocks 0 to 1 train");
  CHECK(note({{"keep", keep("first 0 blocks")}}) == "the embeddings train");
  CHECK(note({{"keep", keep("last 0 blocks")}}) == "the pooler trains");
  CHECK(note({{"keep", keep("last 2 blocks")}, {"every_steps", test::number(5)}}) ==
        "blocks 0 to 1 and the pooler train, then one part more every 5 steps, embeddings last");
  CHECK(note({{"every_epochs", test::number(0.5)}}) ==
        "the pooler trains, then one part more every 0.5 epochs: blocks 0 to 1, from the top, embeddings "
        "last");
}

TEST_CASE("freezing refuses what says nothing, and what it cannot read") {
  CHECK(refusal({}) ==
        "recipe.lua:7: strategy 'freezing', construction: nothing is set to freeze. Fix: set keep, embeddings, freeze, "
        "train, every_epochs or every_steps");
  CHECK(refusal({{"embeddings", keep("trained")}}) ==
        "recipe.lua:7: strategy 'freezing', construction: embeddings = \"trained\" alone freezes nothing. Fix: set "
        "keep, freeze, train or every_epochs besides");
  for (const char* text : {"last four blocks", "last 2", "4 blocks", "last -1 blocks", "last 1 blocks!"}) {
    CHECK(refusal({{"keep", keep(text)}}) == "recipe.lua:7: strategy 'freezing', construction: keep is '" +
                                                 std::string(text) +
                                                 "'. Fix: write it as \"last 4 blocks\" or \"first 2 blocks\"");
  }
}

TEST_CASE("freezing refuses settings that contradict each other, all of them at once") {
  CHECK(refusal({{"keep", keep("first 1 block")},
                 {"every_epochs", test::number(1)},
                 {"every_steps", test::number(5)},
                 {"freeze", test::list({"pooler.*"})},
                 {"train", test::list({"pooler.*"})}}) ==
        "recipe.lua:7: strategy 'freezing', construction: both every_epochs and every_steps are set; keep is 'first 1 "
        "block', but blocks are let go from the top; 'pooler.*' stands in freeze and in train. Fix: give one of the "
        "two; keep the last blocks, or drop every_epochs and every_steps; name it in one of the two");
  CHECK(refusal({{"embeddings", keep("frozen")}, {"train", test::list({"embeddings.LayerNorm.*"})}}) ==
        "recipe.lua:7: strategy 'freezing', plan: embeddings = \"frozen\", but train names "
        "embeddings.LayerNorm.weight. Fix: drop one of the two");
  CHECK(refusal({{"embeddings", keep("trained")}, {"freeze", test::list({"*.weight"})}}) ==
        "recipe.lua:7: strategy 'freezing', plan: embeddings = \"trained\", but freeze names "
        "embeddings.word_embeddings.weight. Fix: drop one of the two");
  CHECK(refusal({{"freeze", test::list({"encoder.layer.0.*"})}, {"train", test::list({"encoder.*"})}}) ==
        "recipe.lua:7: strategy 'freezing', plan: train undoes all of freeze 'encoder.layer.0.*'. Fix: drop it, or "
        "narrow train");
}

TEST_CASE("freezing refuses more blocks than the model has, and a schedule with nothing left to let go") {
  CHECK(refusal({{"keep", keep("last 3 blocks")}}) ==
        "recipe.lua:7: strategy 'freezing', plan: keep is 'last 3 blocks', but the model has 2 blocks. Fix: keep at "
        "most 2");
  CHECK(refusal({{"keep", keep("last 2 blocks")}, {"embeddings", keep("frozen")}, {"every_steps", test::number(5)}}) ==
        "recipe.lua:7: strategy 'freezing', plan: keep is 'last 2 blocks' and the embeddings stay frozen, so that "
        "every_steps has nothing to let go. Fix: keep fewer blocks");
}

TEST_CASE("a pattern of freezing that matches nothing is refused with the nearest name") {
  const std::string text = test::refusal<RecipeError>([] {
    resolved(freezing({{"freeze", test::list({"encoder.layer.7.*"})}}));
  });
  CHECK(text.find("freeze 'encoder.layer.7.*' matches no parameter; layers go from 0 to 1") != std::string::npos);
}
