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

TEST_CASE("an option's name in other libraries leads to engram's, where the strategy has it") {
  const std::string allowed = " (allowed: rank, alpha, dropout, targets, bias, fast)";
  REQUIRE(faults_of({{"r", test::number(4, 8)},
                     {"target_modules", test::string("query", 9)},
                     {"modules_to_save", test::string("classifier", 10)},
                     {"num_virtual_tokens", test::number(8, 11)}}) ==
          std::vector<std::string>{
              "recipe.lua:8: strategy 'lora' has no option 'r'" + allowed + ". Fix: engram's word for it is rank",
              "recipe.lua:9: strategy 'lora' has no option 'target_modules'" + allowed +
                  ". Fix: engram's word for it is targets",
              "recipe.lua:10: strategy 'lora' has no option 'modules_to_save'" + allowed +
                  ". Fix: leave it out: the new task's head always trains, and is saved",
              "recipe.lua:11: strategy 'lora' has no option 'num_virtual_tokens'" + allowed});
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

namespace {

// A strategy with the kinds of parameters that LoRA's do not have.
std::vector<std::string> faults_of_lists(recipe::Table options, sdk::Settings* settings = nullptr) {
  const sdk::StrategyDescription strategy = {
      "sweep",
      {"",
       {sdk::string("data", "").required().doc("The data set of the original task."),
        sdk::integer("rows", 0).optional().range(1, 9), sdk::integers("layers", {}).range(0, 11),
        sdk::numbers("alphas", {0.5}).range(0, 1), sdk::numbers_by_name("ranks", {}).above(0)}},
      {}};
  Faults faults;
  const sdk::Settings checked = check_settings(test::entry("sweep", std::move(options)), strategy, faults);
  if (settings != nullptr) *settings = checked;
  std::vector<std::string> texts;
  for (const Fault& fault : faults.list()) texts.push_back(fault.text());
  return texts;
}

recipe::Value numbers(const std::vector<double>& data) {
  auto mixed = std::make_shared<recipe::Mixed>();
  for (const double entry : data) mixed->list.push_back(test::number(entry));
  return test::value({mixed, {}, ""}, 8);
}

recipe::Value named(const recipe::Table& data) {
  auto mixed = std::make_shared<recipe::Mixed>();
  mixed->table = data;
  return test::value({mixed, {}, ""}, 8);
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a required option that is missing is refused with what it is for") {
  CHECK(faults_of_lists({}) ==
        Texts{"recipe.lua:7: strategy 'sweep' needs the option 'data' (allowed: a string). Fix: set data: the data set "
              "of the original task"});
}

TEST_CASE("a required string that is empty is refused like a missing one, at its own line") {
  CHECK(faults_of_lists({{"data", test::string("")}}) ==
        Texts{"recipe.lua:8: sweep.data is \"\" (allowed: a string that is not empty). Fix: set data: the data set of "
              "the original task"});
}

TEST_CASE("an optional option that is left out has no value") {
  sdk::Settings settings;
  CHECK(faults_of_lists({{"data", test::string("topics")}}, &settings).empty());
  CHECK_FALSE(settings.has("rows"));
  CHECK(setting_text(settings.setting("rows")) == "nil");
  CHECK(faults_of_lists({{"data", test::string("topics")}, {"rows", test::number(3)}}, &settings).empty());
  CHECK(settings.integer("rows") == 3);
  CHECK(faults_of_lists({{"data", test::string("topics")}, {"rows", test::number(10)}}) ==
        Texts{"recipe.lua:8: sweep.rows is 10 (allowed: 1 to 9)"});
}

TEST_CASE("lists of numbers and tables of numbers are read, and written as a recipe writes them") {
  sdk::Settings settings;
  CHECK(faults_of_lists({{"data", test::string("topics")},
                         {"layers", numbers({0, 11})},
                         {"alphas", numbers({0, 0.25, 1})},
                         {"ranks", named({{"query", test::number(16)}, {"output.dense", test::number(4)}})}},
                        &settings)
            .empty());
  CHECK(settings.integers("layers") == std::vector<int64_t>{0, 11});
  CHECK(settings.numbers("alphas") == std::vector<double>{0, 0.25, 1});
  CHECK(settings.numbers_by_name("ranks") == std::map<std::string, double>{{"query", 16}, {"output.dense", 4}});
  CHECK(setting_text(settings.setting("layers")) == "{ 0, 11 }");
  CHECK(setting_text(settings.setting("alphas")) == "{ 0, 0.25, 1 }");
  CHECK(setting_text(settings.setting("ranks")) == "{ [\"output.dense\"] = 4, [\"query\"] = 16 }");
}

TEST_CASE("every entry of a list or table is checked for its kind and its range") {
  CHECK(faults_of_lists({{"data", test::string("topics")},
                         {"layers", numbers({0, 1.5})},
                         {"alphas", numbers({0.5, 2})},
                         {"ranks", named({{"query", test::number(0)}})}}) ==
        Texts{"recipe.lua:8: sweep.layers must be a list of whole numbers, not a table (allowed: 0 to 11)",
              "recipe.lua:8: sweep.alphas is { 0.5, 2 } (allowed: 0 to 1)",
              "recipe.lua:8: sweep.ranks is { [\"query\"] = 0 } (allowed: greater than 0)"});
  CHECK(faults_of_lists({{"data", test::string("topics")},
                         {"layers", numbers({12})},
                         {"alphas", test::number(0.5)},
                         {"ranks", named({{"query", test::string("many")}})}}) ==
        Texts{"recipe.lua:8: sweep.layers is { 12 } (allowed: 0 to 11)",
              "recipe.lua:8: sweep.alphas must be a list of numbers, not 0.5 (allowed: 0 to 1)",
              "recipe.lua:8: sweep.ranks must be a table of numbers by name, not a table (allowed: greater than 0)"});
}
