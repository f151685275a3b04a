#include "strategy/settings_check.hpp"
#include "recipe_entries.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

sdk::StrategyDescription lora_like() {
  return {"lora",
          {"",
           {sdk::integer("rank", 8).range(1, 512), sdk::number("alpha", 32).above(0),
            sdk::number("dropout", 0.1).range(0, 1).below(1), sdk::strings("targets", {"query", "value"}),
            sdk::string("bias", "none").one_of({"none", "all"}), sdk::boolean("fast", false)}},
          {}};
}

std::vector<std::string> faults_of(recipe::Table options) {
  Faults faults;
  check_settings(test::entry("lora", std::move(options)), lora_like(), faults);
  std::vector<std::string> texts;
  for (const Fault& fault : faults.list()) texts.push_back(fault.text());
  return texts;
}

}  // namespace

TEST_CASE("defaults fill what the recipe leaves out") {
  Faults faults;
  const sdk::Settings settings = check_settings(
      test::entry("lora",
                  {{"rank", test::number(4)}, {"targets", test::string("all-linear")}, {"fast", test::boolean(true)}}),
      lora_like(), faults);
  REQUIRE(faults.empty());
  REQUIRE(settings.integer("rank") == 4);
  REQUIRE(settings.number("alpha") == 32);
  REQUIRE(settings.string("bias") == "none");
  REQUIRE(settings.boolean("fast"));
  REQUIRE(setting_text(settings.setting("targets")) == "\"all-linear\"");
  REQUIRE(settings.values().size() == 6);
}

TEST_CASE("every fault of the options is reported at once, with its line") {
  REQUIRE(
      faults_of({{"rnak", test::number(4, 8)},
                 {"alpha", test::number(0, 9)},
                 {"dropout", test::number(1, 10)},
                 {"bias", test::string("some", 11)},
                 {"rank", test::number(2.5, 12)}}) ==
      std::vector<std::string>{
          "recipe.lua:8: strategy 'lora' has no option 'rnak'; did you mean 'rank'? (allowed: rank, alpha, dropout, "
          "targets, bias, fast)",
          "recipe.lua:9: lora.alpha is 0 (allowed: greater than 0)",
          "recipe.lua:10: lora.dropout is 1 (allowed: at least 0 and less than 1)",
          "recipe.lua:11: lora.bias is \"some\" (allowed: 'none', 'all')",
          "recipe.lua:12: lora.rank must be a whole number, not 2.5 (allowed: 1 to 512)"});
}

TEST_CASE("a value of another type is refused in words") {
  REQUIRE(faults_of({{"rank", test::string("eight")}}) ==
          std::vector<std::string>{"recipe.lua:8: lora.rank must be a whole number, not a string (allowed: 1 to 512)"});
  REQUIRE(faults_of({{"targets", test::number(3)}}) ==
          std::vector<std::string>{"recipe.lua:8: lora.targets must be a list of strings or one string, not 3"});
  REQUIRE(faults_of({{"fast", test::number(1)}}) ==
          std::vector<std::string>{"recipe.lua:8: lora.fast must be true or false, not 1"});
  REQUIRE(
      faults_of({{"alpha", test::boolean(true)}}) ==
      std::vector<std::string>{"recipe.lua:8: lora.alpha must be a number, not a boolean (allowed: greater than 0)"});
}

TEST_CASE("numbers that are not finite, or no exact whole numbers, are refused") {
  REQUIRE(faults_of({{"alpha", test::number(std::numeric_limits<double>::infinity())}}) ==
          std::vector<std::string>{"recipe.lua:8: lora.alpha is inf (allowed: greater than 0)"});
  REQUIRE(faults_of({{"rank", test::number(1e300)}}).size() == 1);
}
