// What the library says of arguments that it cannot take (scripts/engram/check.lua). More of it beside each function's
// test.
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

const std::string kModules =
    "local schedule, score, stop = require 'engram.schedule', require 'engram.score', require 'engram.stop' "
    "local metric = require 'engram.metric'";

// The first line of the refusal of a recipe with this call on its line 11.
std::string fault(const std::string& call) {
  const std::string text =
      load_refusal(recipe_text(kTrain + " score = function() return 1 end,\n  stop = " + call + ",", kModules));
  const std::string start = "recipe.lua:11: the recipe failed: ";
  INFO(text);
  REQUIRE(text.rfind(start, 0) == 0);
  return text.substr(start.size(), text.find('\n') - start.size());
}

}  // namespace

TEST_CASE("options with mistakes are refused with what is allowed, all at once") {
  REQUIRE(fault("stop.patience(3)") == "stop.patience takes a table of options, such as stop.patience { ... }");
  REQUIRE(fault("stop.patience { 3, min_delta = 'small' }") ==
          "stop.patience: an option without a name; evaluations is missing; min_delta is a string (allowed: a number). "
          "Options: evaluations, min_delta, metric");
  REQUIRE(
      fault("schedule.plateau { cut = 2, patience = 0.5 }") ==
      "schedule.plateau: patience is 0.5 (allowed: a whole number); cut is 2 (allowed: from 0 to 1). Options: metric, "
      "patience, cut, threshold, threshold_mode, cooldown, warmup, final");
  REQUIRE(fault("schedule.plateau { cut = 0 / 0 }").rfind("schedule.plateau: cut is nan (allowed: from 0 to 1)", 0) ==
          0);
  REQUIRE(fault("metric.macro_recall { classes = 2 }") ==
          "metric.macro_recall: unknown option 'classes'. It takes no options");
  REQUIRE(fault("stop.target { metric = 3, reach = 1 }") ==
          "stop.target: metric is a number (allowed: a set and one of its metrics, such as \"original.accuracy\"). "
          "Options: metric, reach");
  REQUIRE(fault("stop.after { evaluations = 2, rule = 'patience' }") ==
          "stop.after: rule is a string (allowed: a function). Options: evaluations, rule");
}

TEST_CASE("lists and tables by name with mistakes are refused with an example") {
  REQUIRE(fault("stop.any(stop.time { hours = 1 })") ==
          "stop.any takes a list of rules, such as stop.any { stop.patience { evaluations = 3 }, stop.time { minutes = "
          "30 } }");
  REQUIRE(
      fault("score.worst_case { 1 }") ==
      "score.worst_case: entry 1 is a number (allowed: a set and one of its metrics, such as \"original.accuracy\")");
  const std::string weights = "such as score.weighted { [\"new.accuracy\"] = 2, [\"original.accuracy\"] = 1 }";
  REQUIRE(fault("score.weighted 'new.accuracy'") == "score.weighted takes a table of weights, " + weights);
  REQUIRE(fault("score.weighted {}") == "score.weighted takes at least one weight, " + weights);
  REQUIRE(fault("score.weighted { ['new.accuracy'] = 'twice' }") ==
          "score.weighted: new.accuracy is a string (allowed: a number), " + weights);
}

TEST_CASE("a function of the library that stands in the recipe without its call is refused with the fix") {
  LoadedText loaded(recipe_text(kTrain + " score = function() return 1 end, schedule = schedule.linear,\n"
                                         "  stop = stop.any,",
                                kModules));
  recipe::Metrics measured = names();
  const std::string text = refusal([&] { loaded.script.resolve(measured, {}); });
  INFO(text);
  REQUIRE(text.rfind("recipe.lua:10: schedule failed: schedule.linear stands in the recipe without a call. Fix: write "
                     "schedule.linear { warmup = 0.1 }",
                     0) == 0);
  REQUIRE(text.find("\nrecipe.lua:11: stop failed: stop.any stands in the recipe without a call.") !=
          std::string::npos);
}
