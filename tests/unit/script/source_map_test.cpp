#include "script/source_map.hpp"
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

TEST_CASE("keys are found on their lines through comments, strings, functions and nested tables") {
  const script::SourceMap map = script::map_source(R"lua(-- return { model = 1 }
local t = { model = "not this" }
local function f() return { model = 2 } end
--[[ return {
  model = 3 } ]]
return {
  model = "a } -- b",  -- }
  ["data"] = {
    train = { "x.csv", text = [==[ ]] }
 ]==], rows = 3 },
  },
  schedule = function(s)
    if s.step > 3 then return { lr = 1 } end
    return 1
  end,
  strategies = {
    { "lora",
      rank = 8 },
    { "ewc" },
  },
  score = require("x").penalised { gain = "a",
    weight = 2 };
  [1 + 1] = { z = 1 },
  label_names = { [1] = "World", [0] = "None" },
  last = 1e-3 == 2 and { a = 1 } or { b = 2 },
  train = {},
  ["a \"key\""] = 1,
}
)lua");
  const auto line = [&](const std::string& path) { return script::find_place(map, path).line; };
  REQUIRE(line("") == 6);
  REQUIRE(line("model") == 7);
  REQUIRE(line("data") == 8);
  REQUIRE(line("data.train") == 9);
  REQUIRE(line("data.train[1]") == 9);
  REQUIRE(line("data.train.rows") == 10);
  REQUIRE(line("schedule") == 12);
  REQUIRE(line("strategies[1]") == 17);
  REQUIRE(line("strategies[1].rank") == 18);
  REQUIRE(line("strategies[2]") == 19);
  REQUIRE(line("score") == 21);
  REQUIRE(line("score.weight") == 21);
  REQUIRE(line("label_names[1]") == 24);
  REQUIRE(line("last.b") == 25);
  REQUIRE(line("train.epochs") == 26);
  REQUIRE(line("a \"key\"") == 27);
  REQUIRE(line("nowhere") == 6);
}

TEST_CASE("faults stand on the lines of their keys") {
  const std::string text =
      load_refusal(recipe_text("  train = {\n    learning_rate = 1e-4,\n    epochs = -1,\n    bathc_size = 2,\n  },\n"
                               "  score = function() return 1 end,\n  strategies = { { rank = 1 } },"));
  REQUIRE(text.find("recipe.lua:16: strategies[1] is a table") == 0);
  REQUIRE(text.find("\nrecipe.lua:12: train.epochs is -1 (allowed: a number above 0)") != std::string::npos);
  REQUIRE(text.find("\nrecipe.lua:13: unknown key train.bathc_size; did you mean 'batch_size'?") != std::string::npos);
}

TEST_CASE("tables keep the order of writing") {
  LoadedText loaded(recipe_text(kTrain + " score = function() return 1 end,"));
  std::string order;
  for (const recipe::DataSet& set : loaded.script.recipe().data) order += set.name + " ";
  REQUIRE(order == "train new original ");
}

TEST_CASE("keys of a table with a name are found where it is declared") {
  const script::SourceMap map = script::map_source(R"lua(local other = { model = "not this" }
---@type engram.Recipe
local recipe = {
  model = "m",
  train = {
    epochs = 2 },
}
recipe.data = {}
return recipe
)lua");
  REQUIRE(script::find_place(map, "").line == 3);
  REQUIRE(script::find_place(map, "model").line == 4);
  REQUIRE(script::find_place(map, "train.epochs").line == 6);
  REQUIRE(script::find_place(map, "data").line == 3);
  const script::SourceMap made = script::map_source("local make = { model = 1 }\nreturn make(1)\n");
  REQUIRE(script::find_place(made, "model").line == 2);
  REQUIRE(script::find_place(script::map_source("return function"), "model").line == 1);
}

TEST_CASE("overrides reach the recipe and its functions stay") {
  LoadedText loaded(recipe_text(kTrain + " score = function() return 7 end,"), {{"train.epochs", "2"}});
  REQUIRE(loaded.script.recipe().train.epochs == 2);
  REQUIRE(loaded.script.score({}, {}) == 7);
  REQUIRE(loaded.script.recipe().name == "recipe");
  REQUIRE(loaded.script.recipe().overrides.size() == 1);
}

TEST_CASE("a recipe that refers to itself is refused") {
  const std::string text = load_refusal("local t = { model = 'm' } t.data = t return t");
  REQUIRE(text.find("holds tables more than 20 deep, or more than 10,000 entries") != std::string::npos);
}
