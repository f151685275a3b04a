// Work of C functions that no count of instructions sees.
#include <ctime>

#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

std::string outcome(const std::string& code) {
  return load_refusal(recipe_text(kTrain + " score = function() return 1 end,", code));
}

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

TEST_CASE("an insertion far before a list is charged for every entry that it moves", "[speed]") {
  const double before = processor_seconds();
  REQUIRE(outcome("table.insert({ 1, 2, 3 }, -1e9, 1)").rfind("recipe.lua:1: the recipe ran away", 0) == 0);
  REQUIRE(processor_seconds() - before < 2);
  REQUIRE(
      outcome("local t = { 1, 3 } table.insert(t, 2, 2) table.insert(t, 4) assert(table.concat(t) == '1234')").empty());
}

TEST_CASE("slow functions are charged by their time, however short a single call is", "[speed]") {
  const double before = processor_seconds();
  REQUIRE(outcome("while true do os.date('%c%c%c%c') end").rfind("recipe.lua:1: the recipe ran away", 0) == 0);
  REQUIRE(processor_seconds() - before < 8);  // 200,000,000 steps of 25 ns are 5 s
}

TEST_CASE("string.format shows types in place of addresses") {
  const auto formatted = [](const std::string& arguments) {
    const std::string text = outcome("error(string.format(" + arguments + "), 0)");
    const std::string start = "recipe.lua:1: the recipe failed: ";
    return text.substr(start.size(), text.find('\n') - start.size());
  };
  REQUIRE(formatted("'%s %s', {}, print") == "table function");
  REQUIRE(formatted("'%d%% of %5s|%-3s|%s %s', 5, true, 'a', nil, {}") == "5% of  true|a  |nil table");
  REQUIRE(formatted("'%s', setmetatable({}, { __tostring = function() return 'shown' end })") == "shown");
  REQUIRE(formatted("'%s', setmetatable({}, { __tostring = function() return {} end })") ==
          "__tostring returned a table (allowed: a string)");
  REQUIRE(formatted("'%p', {}").find("string.format has no %p here: addresses differ between runs") !=
          std::string::npos);
  REQUIRE(formatted("'%d', {}").find("number expected, got table") != std::string::npos);
}
