// What callbacks keep, what they may not keep, and where their randomness comes from.
#include <cmath>

#include "script/random.hpp"
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

std::string with(const std::string& schedule, const std::string& stop, const std::string& before = "",
                 const std::string& train = kTrain) {
  return recipe_text(
      train + "\n  score = function() return 1 end,\n  schedule = " + schedule + ",\n  stop = " + stop + ",", before);
}

recipe::History one_evaluation(int64_t step = 0) {
  recipe::History history;
  history.evaluations.push_back({step, 0.5, names(), 1});
  history.steps = 40;
  history.seconds = 90;
  return history;
}

double factor(script::RecipeScript& script, int64_t step = 0) { return script.schedule({step, 10, 0, 1}).rate_factor; }

std::string trial_refusal(const std::string& text) {
  return refusal([&] {
    LoadedText loaded(text);
    resolve(loaded.script);
  });
}

const std::string kNever = "function() return false end";
const std::string kConstant = "function() return 1 end";

}  // namespace

TEST_CASE("schedule and stop keep a table each, and both survive a save and a restore") {
  const std::string text = with("function(s) s.state.n = (s.state.n or 0) + 1 return s.state.n end",
                                "function(h) h.state.n = (h.state.n or 0) + 10 return 'n ' .. h.state.n end");
  LoadedText first(text);
  factor(first.script);
  factor(first.script);
  REQUIRE(first.script.stop(one_evaluation()).reason == "n 10");
  const Json saved = Json::parse(first.script.state().dump());
  REQUIRE(saved["schedule"].dump() == R"({"n":2.0})");
  REQUIRE(saved["stop"].dump() == R"({"n":10.0})");
  LoadedText second(text);
  second.script.restore(saved);
  REQUIRE(factor(second.script) == 3);
  REQUIRE(second.script.stop(one_evaluation()).reason == "n 20");
}

TEST_CASE("a state of older checkpoints, the stop rule's table alone, is read") {
  LoadedText loaded(with(kConstant, "function(h) return 'n ' .. h.state.n end"));
  loaded.script.restore(Json{{"n", 7}});
  REQUIRE(loaded.script.stop(one_evaluation()).reason == "n 7");
  loaded.script.restore(Json::object());
  REQUIRE(loaded.script.state()["stop"] == Json::object());
}

TEST_CASE("a stopping rule reads step, steps and seconds") {
  LoadedText loaded(with(kConstant, "function(h) return h.step .. ' ' .. h.steps .. ' ' .. h.seconds end"));
  REQUIRE(loaded.script.stop(one_evaluation(30)).reason == "30 40 90");
}

TEST_CASE("a roll-back may cut the rate, by a factor between 0 and 1") {
  const auto decide = [](const std::string& result) {
    LoadedText loaded(with(kConstant, "function() return " + result + " end"));
    return loaded.script.stop(one_evaluation());
  };
  const recipe::StopDecision cut = decide("{ rollback = true, reason = 'r', cut = 0.5 }");
  REQUIRE(cut.cut == 0.5);
  REQUIRE(cut.rollback);
  REQUIRE(decide("{ rollback = true, reason = 'r' }").cut == 0);
  for (const std::string wrong : {"0", "1", "-0.5", "1.5", "0 / 0", "'half'"}) {
    INFO(wrong);
    const std::string text = refusal([&] { decide("{ rollback = true, reason = 'r', cut = " + wrong + " }"); });
    REQUIRE(text.rfind("recipe.lua:13: stop returned cut = ", 0) == 0);
    REQUIRE(text.find("(allowed: a number between 0 and 1, by which the rate is multiplied)") != std::string::npos);
  }
  REQUIRE(refusal([&] { decide("{ reason = 'r', cut = 0.5 }"); }) ==
          "recipe.lua:13: stop returned cut without rollback (allowed: false, a reason as a string, { rollback = true, "
          "reason = \"...\" }, or this with cut = 0.5). Fix: add rollback = true, or lower the rate in schedule");
}

TEST_CASE("a reason is shown without control characters") {
  LoadedText loaded(with(kConstant, "function() return 'red \\27[31m \\255 ' end"));
  REQUIRE(loaded.script.stop(one_evaluation()).reason == "red \\27[31m \\255 ");
}

TEST_CASE("asking the schedule for a plan leaves its state and the random numbers as they were") {
  LoadedText loaded(with("function(s) s.state.n = (s.state.n or 0) + 1 return s.state.n + math.random() end", kNever));
  const Json before = loaded.script.state();
  const double planned = loaded.script.try_schedule({0, 10, 0, 1}).rate_factor;
  REQUIRE(loaded.script.state() == before);
  REQUIRE(factor(loaded.script) == planned);
  REQUIRE(loaded.script.state() != before);
}

TEST_CASE("what a checkpoint cannot keep in a state is refused in the trial, with the callback's line") {
  const auto stop = [](const std::string& body) {
    return trial_refusal(with(kConstant, "function(h) " + body + " end"));
  };
  const std::string start = "recipe.lua:13: h.state.x ";
  REQUIRE(
      stop("h.state.x = h.last").rfind(start + "is a read-only table of the host, which a checkpoint cannot keep", 0) ==
      0);
  REQUIRE(stop("h.state.x = setmetatable({}, {})").rfind(start + "has a metatable, which", 0) == 0);
  REQUIRE(stop("h.state.x = '\\255'").rfind(start + "is no UTF-8 text, which", 0) == 0);
  REQUIRE(stop("h.state.x = { h.state }").find("is nested more than 20 tables deep") != std::string::npos);
  REQUIRE(stop("local t = {} for i = 1, 1000 do t[i] = {} for j = 1, 1000 do t[i][j] = j end end h.state.x = t")
              .find("is beyond the 100,000th entry, which a checkpoint cannot keep") != std::string::npos);
  REQUIRE(trial_refusal(with("function(s) s.state.x = function() end return 1 end", kNever))
              .rfind("recipe.lua:12: s.state.x is a function, which a checkpoint cannot keep", 0) == 0);
}

TEST_CASE("math.random draws what its state says: the same again after a restore, other numbers by another seed") {
  const std::string schedule = "function() return math.random() end";
  const auto seeded = [&](const std::string& seed) {
    return with(schedule, kNever, "", "  train = { learning_rate = 1e-4, seed = " + seed + " },");
  };
  LoadedText first(seeded("1"));
  LoadedText twin(seeded("1"));
  LoadedText other(seeded("2"));
  const double draw = factor(first.script);
  REQUIRE(draw == factor(twin.script));
  REQUIRE(draw != factor(other.script));
  const Json saved = Json::parse(first.script.state().dump());
  const double next = factor(first.script);
  REQUIRE(next != draw);
  LoadedText resumed(seeded("1"));
  resumed.script.restore(saved);
  REQUIRE(factor(resumed.script) == next);
}

TEST_CASE("the generator is xoshiro256** seeded by splitmix64") {
  // splitmix64(0) and xoshiro256** from the states 1, 2, 3, 4: the numbers of the authors' own programs.
  script::Random seeded(0);
  REQUIRE(seeded.state()[0] == 0xe220a8397b1dcdafU);
  REQUIRE(seeded.state()[1] == 0x6e789e6aa1b965f4U);
  script::Random random;
  random.restore({1, 2, 3, 4});
  REQUIRE(random.next() == 11520U);
  REQUIRE(random.next() == 0U);
  REQUIRE(random.next() == 1509978240U);
  REQUIRE(random.next() == 1215971899390074240U);
}

TEST_CASE("math.random takes Lua's arguments") {
  const auto draws = [](const std::string& call, double least, double most) {
    LoadedText loaded(with("function() return " + call + " end", kNever));
    double smallest = 1e9;
    double largest = -1e9;
    for (int i = 0; i < 500; ++i) {
      const double drawn = factor(loaded.script);
      smallest = std::min(smallest, drawn);
      largest = std::max(largest, drawn);
    }
    INFO(call);
    REQUIRE(smallest == least);
    REQUIRE(largest == most);
  };
  draws("math.random(6)", 1, 6);
  draws("math.random(3, 5)", 3, 5);
  draws("math.random(-2, 2) + 2", 0, 4);
  draws("math.floor(math.random() * 4)", 0, 3);
  for (const std::string wrong : {"0", "3, 2", "1, 0/0", "0, 1e300"}) {
    INFO(wrong);
    REQUIRE(load_refusal(recipe_text(kTrain, "math.random(" + wrong + ")"))
                .find("math.random: the interval is empty, or wider than 2^53") != std::string::npos);
  }
}

TEST_CASE("a local outside that a callback changes is refused in the trial, with its name and the fix") {
  REQUIRE(
      trial_refusal(with("function(s) count = count + 1 return 1 end", kNever, "local count = 0")) ==
      "recipe.lua:12: schedule changes 'count' (a local outside the function at recipe.lua:12), which no checkpoint "
      "keeps. Fix: keep it in s.state");
  REQUIRE(trial_refusal(with(kConstant, "function(h) seen[#seen + 1] = h.last.score end", "local seen = {}")) ==
          "recipe.lua:13: stop changes 'seen' (a local outside the function at recipe.lua:13), which no checkpoint "
          "keeps. Fix: keep it in h.state");
}

TEST_CASE("changes are seen through helpers, closures, tables in tables, metatables and iterators") {
  const auto changed = [](const std::string& before, const std::string& body, const std::string& name) {
    INFO(body);
    const std::string text = trial_refusal(with("function(s) " + body + " return 1 end", kNever, before));
    INFO(text);
    REQUIRE(text.rfind("recipe.lua:12: schedule changes '" + name + "' (a local outside the function at recipe.lua:",
                       0) == 0);
  };
  changed("local n = 0 local function helper() n = n + 1 end", "helper()", "n");
  changed("local t = { a = { b = { c = 0 } } }", "t.a.b.c = t.a.b.c + 1", "t");
  changed("local t = { f = (function() local n = 0 return function() n = n + 1 end end)() }", "t.f()", "n");
  changed("local t = setmetatable({}, { __index = { n = 0 } })", "getmetatable(t).__index.n = s.step", "t");
  changed("local t = {} t.self = t t.list = { t, t }", "t.self.list[2].n = s.step", "t");
  changed("local words = string.gmatch('a b c d e f g h i j k l m', '%a')", "words()", "words");
  changed("local t = setmetatable({}, { contents = {} })", "t.n = s.step", "t");
  changed("local last", "last = s.history", "last");
  changed("local t = {} for i = 1, 1e5 do t = { t } end",
          "local deep = t for i = 1, 99999 do deep = deep[1] end deep.n = "
          "s.step",
          "t");
}

TEST_CASE("callbacks that only read what is outside pass the trial") {
  REQUIRE(trial_refusal(with("function(s) local t = { n = base } t.n = t.n + 1 return list[1] + t.n * words end",
                             kNever, "local base, list, words = 1, { 2, { 3 } }, 1")) == "");
}

TEST_CASE("score and own metrics may keep nothing at all") {
  REQUIRE(
      trial_refusal(recipe_text(kTrain + "\n  score = function(m) n = n + 1 return n end,", "local n = 0")) ==
      "recipe.lua:11: score changes 'n' (a local outside the function at recipe.lua:11), which no checkpoint keeps. "
      "Fix: let score depend on m alone");
}

TEST_CASE("a change that only happens later ends the run at the next evaluation") {
  LoadedText loaded(with("function(s) if s.step == 7 then late = true end return 1 end", kNever, "local late = false"));
  REQUIRE_NOTHROW(resolve(loaded.script));
  factor(loaded.script, 6);
  REQUIRE_NOTHROW(loaded.script.stop(one_evaluation()));
  factor(loaded.script, 7);
  REQUIRE(refusal([&] {
            loaded.script.stop(one_evaluation());
          }).rfind("recipe.lua:12: schedule changes 'late' (a local outside the function at recipe.lua:12)", 0) == 0);
}

TEST_CASE("a module's table that a callback changes is refused, and no module is loaded while the run is on") {
  TemporaryFolder folder;
  folder.write("rules.lua", "return { n = 0 }");
  const auto refused = [&](const std::string& before, const std::string& body) {
    const std::string file = folder.write("recipe.lua", with("function(s) " + body + " return 1 end", kNever, before));
    return refusal([&] { resolve(script::RecipeScript::load(file, {}, library_folder())); });
  };
  REQUIRE(refused("local rules = require 'rules'", "rules.n = rules.n + 1")
              .rfind("recipe.lua:12: schedule changes 'rules' ", 0) == 0);
  REQUIRE(refused("require 'rules'", "local rules = require 'rules' rules.n = rules.n + 1") ==
          "recipe.lua:12: schedule changes 'module rules', which no checkpoint keeps. Fix: keep it in s.state");
  REQUIRE(refused("", "require 'rules'")
              .find("module 'rules' is required while the run is on. Fix: require it at the top of the recipe") !=
          std::string::npos);
}

TEST_CASE("no call sees what another one did to its history") {
  LoadedText loaded(with("function(s) local n = #s.history s.history[1] = nil s.history.x = 1 return n + 1 end",
                         "function(h) local n = #h.history h.history[1] = nil return 'n ' .. n end"));
  const recipe::History history = one_evaluation();
  for (int i = 0; i < 2; ++i) {
    REQUIRE(loaded.script.schedule({i, 10, 0, 1, &history}).rate_factor == 2);
    REQUIRE(loaded.script.stop(history).reason == "n 1");
  }
}

TEST_CASE("functions for lists refuse read-only tables, which they could write to or take for empty") {
  for (const std::string call : {"table.insert(math, 1)", "table.remove(math)", "table.sort(math)",
                                 "table.concat(math)", "unpack(math)", "ipairs(math)"}) {
    INFO(call);
    REQUIRE(load_refusal(recipe_text(kTrain, call))
                .rfind("recipe.lua:1: the recipe failed: this read-only table is no list. Fix: walk over it with pairs",
                       0) == 0);
  }
}

TEST_CASE("values at hand are shown short: arguments, locals and what the function closes over") {
  const std::string text = refusal([&] {
    LoadedText loaded(
        with("function(s)\n local long, list, deep, f = ('x'):rep(500), { 1, 2, 3, 4, 5, 6, 7, 8 }, "
             "{ a = { b = 1 } }, print\n local flag, nothing = true, nil\n return s.step + outer end",
             kNever, "local outer = 'text'"));
    factor(loaded.script, 3);
  });
  REQUIRE(
      text.find("\nvalues at hand:\n\trecipe.lua:15: s = { epoch = 0, epochs = 1, evaluations = 0, state = a table, "
                "step = 3, steps = 10 }, long = '" +
                std::string(60, 'x') +
                "...', list = { 1, 2, 3, 4, 5, 6, ... }, deep = { a = a table }, flag = true, nothing = nothing, "
                "outer = 'text'") != std::string::npos);
  REQUIRE(text.find("0x") == std::string::npos);
}

TEST_CASE("a runaway can be told from other failures") {
  const auto failed = [](const std::string& body) {
    LoadedText loaded(with("function(s) " + body + " end", kNever));
    try {
      factor(loaded.script);
    } catch (const RecipeError& error) {
      return script::ran_away(error);
    }
    throw std::runtime_error("it did not fail");
  };
  REQUIRE(failed("while true do end"));
  REQUIRE_FALSE(failed("error('no')"));
}
