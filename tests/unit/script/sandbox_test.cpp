#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

// What happens when this code runs in the recipe's first line.
std::string outcome(const std::string& code) {
  return load_refusal(recipe_text(kTrain + " score = function() return 1 end,", code));
}

bool starts(const std::string& text, const std::string& start) {
  INFO(text);
  CHECK(text.substr(0, start.size()) == start);
  return text.rfind(start, 0) == 0;
}

const std::string kRanAway = "recipe.lua:1: the recipe ran away (allowed: at most 200,000,000 steps";
const std::string kMemory =
    "recipe.lua:1: the recipe used too much memory (allowed: at most 64.0 MB for the whole recipe)";

// A callback of this body, called once.
std::string schedule_outcome(const std::string& body) {
  return refusal([&] {
    LoadedText loaded(
        recipe_text(kTrain + " score = function() return 1 end,\n  schedule = function(s)\n" + body + "\n  end"));
    loaded.script.schedule({0, 10, 0, 1});
  });
}

}  // namespace

TEST_CASE("an endless loop ends the recipe stage with its line") {
  REQUIRE(starts(outcome("while true do end"), kRanAway));
}

TEST_CASE("a runaway callback is named with its line") {
  REQUIRE(schedule_outcome("    local n = 0\n    while true do n = n + 1 end") ==
          "recipe.lua:13: schedule ran away (allowed: at most 100,000,000 steps, about half a second to a second). "
          "Fix: look for an endless loop");
}

TEST_CASE("a callback works again after one that ran away") {
  LoadedText loaded(recipe_text(kTrain + " score = function() return 1 end,\n  schedule = function(s)\n"
                                         "  while s.step == 0 do end return 1 end"));
  REQUIRE(starts(refusal([&] { loaded.script.schedule({0, 10, 0, 1}); }), "recipe.lua:12: schedule ran away"));
  REQUIRE(loaded.script.schedule({1, 10, 0, 1}).rate_factor == 1);
}

TEST_CASE("pcall cannot swallow the watchdog") {
  REQUIRE(starts(outcome("while true do pcall(function() while true do end end) end"), kRanAway));
  REQUIRE(starts(outcome("pcall(function() while true do end end)"), kRanAway));
}

TEST_CASE("work inside C functions counts: patterns, sorting, repeating, joining") {
  REQUIRE(starts(outcome("string.find(string.rep('a', 40), string.rep('a?', 40) .. string.rep('a', 40))"), kRanAway));
  REQUIRE(starts(outcome("string.find(string.rep('a', 30000), '.-.-.-.-b')"), kRanAway));
  REQUIRE(starts(outcome("local t = {} for i = 1, 1e5 do t[i] = i end while true do table.sort(t) end"), kRanAway));
  REQUIRE(starts(outcome("while true do local s = string.rep('x', 1e6) end"), kRanAway));
  REQUIRE(starts(outcome("table.sort({ 3, 2, 1 }, function() while true do end end)"), kRanAway));
}

TEST_CASE("memory ends at 64 MB, however it is taken") {
  REQUIRE(outcome("local s = string.rep('x', 1e9)") == kMemory);
  REQUIRE(outcome("local s = ('x'):rep(2e7) while true do s = s .. s end") == kMemory);
  REQUIRE(outcome("local t = {} while true do t[#t + 1] = {} end") == kMemory);
}

TEST_CASE("deep recursion is an error with its line") {
  REQUIRE(
      starts(outcome("local function f() return 1 + f() end f()"), "recipe.lua:1: the recipe failed: stack overflow"));
}

TEST_CASE("nested pcall recursion ends") { REQUIRE(outcome("local function f() pcall(f) end f()") == ""); }

TEST_CASE("files, system, code loading and the interpreter are out of reach, each with a reason") {
  const auto refused = [](const std::string& name) {
    const std::string text = outcome("local x = " + name);
    return text.substr(0, text.find('\n'));
  };
  const std::string start = "recipe.lua:1: the recipe failed: ";
  REQUIRE(refused("io") == start + "'io' is not available here: recipes do not touch files");
  REQUIRE(refused("os.execute") == start +
                                       "unknown function of os, of which recipes have the clock and the date only: "
                                       "'execute' (known: clock, date)");
  REQUIRE(outcome("local now, day = os.clock(), os.date('%Y')") == "");
  REQUIRE(refused("loadstring") == start + "'loadstring' is not available here: recipes do not load code from strings");
  REQUIRE(refused("debug") == start + "'debug' is not available here: recipes do not reach into the interpreter");
  REQUIRE(refused("next") == start + "'next' is not available here: use pairs, which walks in sorted order");
  for (const char* name : {"load", "loadfile", "dofile", "package", "ffi", "jit", "rawset", "rawget", "coroutine",
                           "xpcall", "getfenv", "setfenv", "collectgarbage", "_G"}) {
    INFO(name);
    REQUIRE(refused(name).rfind(start + "'" + name + "' is not available here: ", 0) == 0);
  }
  REQUIRE(starts(outcome("local x = string.dump"), start + "unknown function of string 'dump'"));
  REQUIRE(starts(outcome("math.randomseed(3)"), start + "a script may not seed math.random, which every run seeds from "
                                                        "its recipe. Fix: set train.seed"));
}

TEST_CASE("require reaches the library and files inside the recipe's folder, nothing else") {
  const std::string start = "recipe.lua:1: the recipe failed: no module '";
  REQUIRE(starts(outcome("require 'ffi'"),
                 start + "ffi' (allowed: engram.* and plain Lua files inside the recipe's folder)"));
  REQUIRE(starts(outcome("require '../other'"), start + "../other'"));
  REQUIRE(starts(outcome("require '/etc/passwd'"), start + "/etc/passwd'"));
  REQUIRE(starts(outcome("require 'engram.schedul'"), start + "engram.schedul'; did you mean 'engram.schedule' or"));

  TemporaryFolder folder;
  folder.write("rules/own.lua", "local own = {} function own.factor() return 0.25 end return own");
  folder.write("loop.lua", "return require 'loop'");
  folder.write("empty.lua", "local x = 1");
  const std::string head = "local own = require 'rules.own'";
  const std::string file =
      folder.write("recipe.lua", recipe_text(kTrain + " score = function() return 1 end, schedule = own.factor", head));
  REQUIRE(script::RecipeScript::load(file, {}, library_folder()).schedule({0, 10, 0, 1}).rate_factor == 0.25);
  const auto with = [&](const std::string& code) {
    const std::string other = folder.write("other.lua", recipe_text(kTrain, code));
    return refusal([&] { script::RecipeScript::load(other, {}, library_folder()); });
  };
  REQUIRE(with("require 'loop'").find("module 'loop' requires itself") != std::string::npos);
  REQUIRE(with("require 'empty'").find("other.lua:1: the recipe failed: module 'empty' returns nothing") == 0);
  std::filesystem::create_symlink("/etc", folder.path() / "out");
  REQUIRE(with("require 'out.hostname'").find("no module 'out.hostname'") != std::string::npos);
}

TEST_CASE("bytecode is refused") {
  REQUIRE(load_refusal("\x1bLJ\x02 anything").find("precompiled Lua is refused: recipes and modules are text") !=
          std::string::npos);
}

TEST_CASE("a syntax error is told with its line") {
  REQUIRE(load_refusal("return {\n  model = = 3\n}") == "recipe.lua:2: the recipe failed: unexpected symbol near '='");
}

TEST_CASE("libraries, the string metatable and metrics cannot be changed") {
  REQUIRE(starts(outcome("string.rep = nil"),
                 "recipe.lua:1: the recipe failed: a script may not change 'rep' here: this table is read-only"));
  REQUIRE(starts(outcome("getmetatable('').__index = nil"),
                 "recipe.lua:1: the recipe failed: attempt to index a boolean value"));
  REQUIRE(starts(outcome("setmetatable(math, {})"),
                 "recipe.lua:1: the recipe failed: cannot change a protected metatable"));
}

TEST_CASE("an undeclared name is an error, read or written") {
  REQUIRE(starts(outcome("x = 1"), "recipe.lua:1: the recipe failed: 'x' is not declared. Fix: write local x"));
  REQUIRE(starts(outcome("function f() end"),
                 "recipe.lua:1: the recipe failed: 'f' is not declared. Fix: write local function f"));
  REQUIRE(starts(outcome("local y = tostrin(3)"),
                 "recipe.lua:1: the recipe failed: unknown name 'tostrin'; did you mean 'tostring'?"));
  REQUIRE(starts(outcome("local y = warmup"),
                 "recipe.lua:1: the recipe failed: unknown name 'warmup'; it has not been declared with local"));
  REQUIRE(starts(outcome("local y = math.flor(1)"),
                 "recipe.lua:1: the recipe failed: unknown function of math 'flor'; did you mean 'floor'"));
}

TEST_CASE("pairs walks in sorted order and tostring shows no addresses") {
  const std::string code =
      "local order = '' for k, v in pairs { b = 1, a = 2, [2] = 3, [1] = 4, [true] = 5 } do order = order .. "
      "tostring(k) .. v end "
      "error(order .. tostring({}) .. tostring(print), 0)";
  REQUIRE(starts(outcome(code), "recipe.lua:1: the recipe failed: 1423a2b1true5tablefunction"));
}

TEST_CASE("an error value that is no string is told by its type, at its line") {
  REQUIRE(starts(outcome("error({})"), "recipe.lua:1: the recipe failed: the error value is a table"));
}

TEST_CASE("an error inside a callback shows a traceback with the user's lines") {
  REQUIRE(schedule_outcome("    local function inner()\n      return s.step + nil\n    end\n    return inner() + 0") ==
          "recipe.lua:13: schedule failed: attempt to perform arithmetic on a nil value\nstack traceback:\n"
          "\trecipe.lua:13: in function 'inner'\n\trecipe.lua:15: in function <recipe.lua:11>\n"
          "values at hand:\n\trecipe.lua:13: s = { epoch = 0, epochs = 1, evaluations = 0, state = a table, step = 0, "
          "steps = 10 }\n\trecipe.lua:15: s = { epoch = 0, epochs = 1, evaluations = 0, state = a table, step = 0, "
          "steps = 10 }");
}

TEST_CASE("a recipe that does not exist or returns no table is refused") {
  REQUIRE(refusal([] { script::RecipeScript::load("nowhere.lua", {}, library_folder()); }) ==
          "nowhere.lua: no such recipe file (allowed: a Lua file that returns a table, or - for standard input)");
  REQUIRE(load_refusal("return 3") ==
          "recipe.lua:1: the recipe returns a number (allowed: a table). Fix: end the file with return { model = ..., "
          "... }");
  REQUIRE(load_refusal("local t = {}") ==
          "recipe.lua: the recipe returns nil (allowed: a table). Fix: end the file with return { model = ..., ... }");
}
