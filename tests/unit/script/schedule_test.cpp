#include "support/processor_seconds.hpp"
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

std::string with_schedule(const std::string& schedule, const std::string& more = "") {
  return recipe_text(kTrain + "\n  score = function() return 1 end,\n  schedule = " + schedule + "," + more);
}

double factor(script::RecipeScript& script, int64_t step, int64_t steps) {
  return script.schedule({step, steps, 0, 1}).rate_factor;
}

}  // namespace

TEST_CASE("without a schedule the factor is 1") {
  LoadedText loaded(recipe_text(kTrain + " score = function() return 1 end,"));
  REQUIRE(factor(loaded.script, 0, 10) == 1.0);
}

TEST_CASE("a schedule may set a strategy's numbers beside the rate") {
  LoadedText loaded(with_schedule("function(s) return { lr = 0.5, ['ewc.lambda'] = s.step / s.steps } end",
                                  "\n  strategies = { { 'ewc', lambda = 1 } },"));
  const recipe::ScheduleResult result = loaded.script.schedule({3, 12, 0.25, 1});
  REQUIRE(result.rate_factor == 0.5);
  REQUIRE(result.strategy_numbers == std::map<std::string, double>{{"ewc.lambda", 0.25}});
}

TEST_CASE("a schedule sees step, steps, epoch, epochs and the evaluations so far") {
  LoadedText loaded(with_schedule(
      "function(s) return s.step + s.steps * 10 + s.epoch * 1000 + s.epochs * 10000 + s.evaluations * 1e6 +\n"
      "  (s.evaluations > 0 and s.history[1].new.accuracy or 0) end"));
  recipe::History history;
  REQUIRE(loaded.script.schedule({1, 2, 3, 4, &history}).rate_factor == 43021);
  history.evaluations.push_back({0, 0, {{"new", {{"accuracy", 0.5}}}}, 1});
  REQUIRE(loaded.script.schedule({1, 2, 3, 4, &history}).rate_factor == 1043021.5);
}

TEST_CASE("what a schedule may not return is refused with the callback's line") {
  const auto refused = [](const std::string& body) {
    LoadedText loaded(with_schedule("function(s) " + body + " end", "\n  strategies = { { 'ewc', lambda = 1 } },"));
    return refusal([&] { loaded.script.schedule({0, 10, 0, 1}); });
  };
  const std::string allowed = " (allowed: a number from 0 on, or a table such as { lr = 0.5, [\"ewc.lambda\"] = 2 })";
  REQUIRE(refused("return 0/0") == "recipe.lua:12: schedule returned the factor nan" + allowed);
  REQUIRE(refused("return -1") == "recipe.lua:12: schedule returned the factor -1" + allowed);
  REQUIRE(refused("return 1/0") == "recipe.lua:12: schedule returned the factor inf" + allowed);
  REQUIRE(refused("local x") == "recipe.lua:12: schedule returned nothing" + allowed);
  REQUIRE(refused("return 'fast'") == "recipe.lua:12: schedule returned 'fast'" + allowed);
  REQUIRE(refused("return { lr = 0/0 }") == "recipe.lua:12: schedule returned lr = nan (allowed: a finite number)");
  REQUIRE(refused("return { ['ewv.lambda'] = 1 }") ==
          "recipe.lua:12: schedule returned unknown 'ewv.lambda'; did you mean 'ewc'? (allowed: lr, ewc.<setting>)");
}

TEST_CASE("a misspelt field of a schedule's input is an error with the nearest name") {
  LoadedText loaded(with_schedule("function(s)\n  return s.stpe\nend"));
  const std::string text = refusal([&] { loaded.script.schedule({0, 10, 0, 1}); });
  REQUIRE(text ==
          "recipe.lua:13: schedule failed: unknown field of a schedule's input 'stpe'; did you mean 'step', 'state' "
          "or 'steps'?\nstack traceback:\n\trecipe.lua:13: in function <recipe.lua:12>\n"
          "values at hand:\n\trecipe.lua:13: s = { epoch = 0, epochs = 1, evaluations = 0, state = a table, step = 0, "
          "steps = 10 }");
}

TEST_CASE("a schedule costs less than 5 microseconds a step", "[speed]") {
  LoadedText loaded(with_schedule("function(s) return math.min(1, s.step / 200) * (1 - s.step / s.steps) end"));
  constexpr int64_t kCalls = 20000;
  double fastest = 1;
  for (int round = 0; round < 5; ++round) {  // the best of five: other work on the machine only adds time
    const double start = processor_seconds();
    for (int64_t step = 0; step < kCalls; ++step) factor(loaded.script, step, kCalls);
    const double seconds = processor_seconds() - start;
    fastest = std::min(fastest, seconds / kCalls);
  }
  WARN("seconds per schedule call: " << fastest);
  REQUIRE(fastest < 5e-6);
}
