// The table of `engram plan`, against committed texts. Set ENGRAM_WRITE_GOLDEN=1 to write them anew.
#include <cstdlib>

#include "base/files.hpp"
#include "recipe_entries.hpp"
#include "small_model.hpp"
#include "strategy/describe.hpp"
#include "strategy/strategies.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

void check_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden" / name;
  if (std::getenv("ENGRAM_WRITE_GOLDEN") != nullptr) write_file_atomically(file, text);
  REQUIRE(text == read_file(file));
}

std::string described(const std::vector<StrategyClaims>& claims) {
  Faults faults;
  const Resolution resolution = resolve(test::small_view(), claims, faults);
  faults.raise<RecipeError>();
  return describe(resolution);
}

}  // namespace

TEST_CASE("the plan of full fine-tuning is one line for each part of the model") {
  check_golden("plan_full.txt", described({}));
}

TEST_CASE("the plan of LoRA shows the frozen model, its tensors, and the share that trains") {
  const Strategies lora =
      Strategies::load({test::entry("lora", {{"bias", test::string("all")}})}, {test::shipped_plugins()});
  check_golden("plan_lora.txt", described(lora.plan(test::small_view())));
}

TEST_CASE("the plan of gradual unfreezing with rates by block shows every block") {
  StrategyClaims claims{"gradual", {"recipe.lua", 7}, {}};
  claims.plan.freeze("*");
  claims.plan.train("encoder.layer.1.*", {100, {}});
  claims.plan.train("pooler.*", {{}, 0.5});
  claims.plan.group("encoder.layer.1.*", 0.81, 0.01);
  claims.plan.group("pooler.*", 0.9);
  claims.plan.kept_tensor("importance", {3, 3}, "zeros");
  claims.plan.note("thaws from the top");
  check_golden("plan_gradual.txt", described({claims}));
}

TEST_CASE("the summary gives counts with separators and the share in percent") {
  Resolution resolution;
  ResolvedTensor frozen, trained;
  frozen.shape = {22715904};
  frozen.trainability = {{{}, false}};
  trained.shape = {76806};
  trained.trainability = {{{}, true}};
  resolution.tensors = {frozen, trained};
  REQUIRE(summary(resolution) == "trainable 76,806 of 22,792,710 (0.34 %)");
}
