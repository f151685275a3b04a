// The library's schedules, against transformers, torch and numbers worked out by hand.
#include <cmath>

#include "base/json.hpp"
#include "support/processor_seconds.hpp"
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

std::string with_schedule(const std::string& schedule) {
  return recipe_text(kTrain +
                         "\n  strategies = { { 'ewc', lambda = 1 } }, score = function() return 1 end,\n  schedule = " +
                         schedule + ",",
                     "local schedule = require 'engram.schedule'");
}

std::string options_text(const Json& options) {
  std::string text = "{ ";
  for (const auto& [key, value] : options.items()) text += key + " = " + value.dump() + ", ";
  return text + "}";
}

double factor(script::RecipeScript& script, int64_t step, int64_t steps, double epoch = 0) {
  return script.schedule({step, steps, epoch, 1}).rate_factor;
}

double factor(const std::string& schedule, int64_t step, int64_t steps, double epoch = 0) {
  LoadedText loaded(with_schedule(schedule));
  return factor(loaded.script, step, steps, epoch);
}

// Kept: loops over parts of it outlive the call.
const Json& golden() {
  static const Json read = read_json(std::string(ENGRAM_SOURCE_DIR) + "/tests/golden/schedules.json");
  return read;
}

// The fault of a schedule's options, without the place and what follows the first sentence.
std::string fault(const std::string& schedule) {
  const std::string text = load_refusal(with_schedule(schedule));
  const std::string start = "recipe.lua:12: the recipe failed: ";
  REQUIRE(text.rfind(start, 0) == 0);
  return text.substr(start.size(), text.find('\n') - start.size());
}

}  // namespace

TEST_CASE("the library's schedules are those of transformers, and of ULMFiT's formula, at each of 1,000 steps") {
  const Json file = golden();
  const int64_t steps = file["steps"];
  REQUIRE(steps == 1000);
  REQUIRE(file["curves"].size() == 16);
  for (const Json& curve : file["curves"]) {
    const std::string call = "schedule." + curve["schedule"].get<std::string>() + " " + options_text(curve["options"]);
    INFO(call);
    LoadedText loaded(with_schedule(call));
    double worst = 0;
    for (int64_t step = 0; step < steps; ++step) {
      const double expected = curve["factors"][static_cast<size_t>(step)];
      const double apart = std::abs(factor(loaded.script, step, steps) - expected);
      worst = std::max(worst, expected == 0 ? apart : apart / std::abs(expected));
    }
    // Both sides compute in double by the same formula; 1e-12 leaves room for one rounding's difference in cos.
    REQUIRE(worst <= 1e-12);
  }
}

TEST_CASE("the plateau cuts where torch's ReduceLROnPlateau does, by as much") {
  for (const Json& plateau : golden().at("plateaus")) {
    const std::string call = "schedule.plateau " + options_text(plateau["options"]);
    INFO(call);
    LoadedText loaded(with_schedule(call));
    recipe::History history;
    double worst = 0;
    for (size_t i = 0; i < plateau["values"].size(); ++i) {
      const double value = plateau["values"][i];
      history.evaluations.push_back({static_cast<int64_t>(i), 0, {{"new", {{"loss", value}, {"accuracy", value}}}}, 0});
      for (const int64_t step : {int64_t{0}, int64_t{1}}) {
        const double ours = loaded.script.schedule({step, 1000, 0, 1, &history}).rate_factor;
        const double expected = plateau["factors"][i];
        worst = std::max(worst, std::abs(ours - expected) / expected);
      }
    }
    REQUIRE(worst <= 1e-12);
    REQUIRE(plateau["factors"].back().get<double>() < 0.5);
  }
}

TEST_CASE("the plateau watches the score unless told otherwise, and looks again when an evaluation was refused") {
  LoadedText loaded(with_schedule("schedule.plateau { patience = 1, cut = 0.5 }"));
  recipe::History history;
  const auto after = [&](double score) {
    history.evaluations.push_back({0, 0, {{"new", {{"accuracy", 0.5}}}}, score});
    return loaded.script.schedule({0, 10, 0, 1, &history}).rate_factor;
  };
  REQUIRE(after(1) == 1);
  REQUIRE(after(2) == 1);
  REQUIRE(after(1) == 1);
  REQUIRE(after(1) == 0.5);
  history.evaluations.pop_back();
  REQUIRE(loaded.script.schedule({0, 10, 0, 1, &history}).rate_factor == 1);
  REQUIRE(after(3) == 1);
}

TEST_CASE("a piecewise schedule goes through its points, in lines or in steps, by share, step or epoch") {
  const std::string points = "schedule.piecewise { points = { { 0.1, 0 }, { 0.2, 1 }, { 0.7, 0.5 } }";
  for (const auto& [step, expected] :
       std::map<int64_t, double>{{0, 0}, {10, 0}, {15, 0.5}, {20, 1}, {45, 0.75}, {70, 0.5}, {99, 0.5}}) {
    REQUIRE(factor(points + " }", step, 100) == Approx(expected).margin(1e-12));
  }
  for (const auto& [step, expected] : std::map<int64_t, double>{{0, 0}, {19, 0}, {20, 1}, {69, 1}, {70, 0.5}}) {
    REQUIRE(factor(points + ", between = 'steps' }", step, 100) == expected);
  }
  REQUIRE(factor("schedule.piecewise { points = { { 0, 1 }, { 40, 0 } }, unit = 'steps' }", 10, 1000) == 0.75);
  REQUIRE(factor("schedule.piecewise { points = { { 0, 1 }, { 2, 0 } }, unit = 'epochs' }", 10, 1000, 1.5) == 0.25);
}

TEST_CASE("in a sequence each schedule sees its own part as the whole run") {
  const std::string parts =
      "schedule.sequence { { steps = 10, function(s) return s.step * 1000 + s.steps end },\n"
      "{ share = 0.255, schedule.linear() }, { function(s) return s.step * 1000 + s.steps end } }";
  REQUIRE(factor(parts, 0, 100) == 10);
  REQUIRE(factor(parts, 9, 100) == 9010);
  REQUIRE(factor(parts, 10, 100) == 1);
  REQUIRE(factor(parts, 23, 100) == 0.5);  // 25.5 steps are 26
  REQUIRE(factor(parts, 36, 100) == 64);
  REQUIRE(factor(parts, 99, 100) == 63064);
}

TEST_CASE("a product multiplies, and each gives every number its own schedule") {
  REQUIRE(factor("schedule.product { schedule.linear(), function() return 0.5 end }", 25, 100) == 0.375);
  LoadedText loaded(
      with_schedule("schedule.each { lr = schedule.linear(), ['ewc.lambda'] = schedule.constant { warmup = 10 } }"));
  const recipe::ScheduleResult result = loaded.script.schedule({5, 10, 0, 1});
  REQUIRE(result.rate_factor == 0.5);
  REQUIRE(result.strategy_numbers == std::map<std::string, double>{{"ewc.lambda", 0.5}});
}

TEST_CASE("schedules in a composition keep their states apart") {
  const std::string counting = "function(s) s.state.calls = (s.state.calls or 0) + 1; return s.state.calls end";
  LoadedText loaded(with_schedule("schedule.product { " + counting + ", schedule.product { " + counting + " } }"));
  REQUIRE(factor(loaded.script, 0, 10) == 1);
  REQUIRE(factor(loaded.script, 1, 10) == 4);
  REQUIRE(factor(loaded.script, 2, 10) == 9);
}

TEST_CASE("a plateau that was restored goes on as if it had not stopped") {
  const std::string text = with_schedule("schedule.product { schedule.plateau { patience = 0, cut = 0.5 } }");
  recipe::History history;
  for (const double score : {2, 1}) history.evaluations.push_back({0, 0, {{"new", {{"accuracy", 0.5}}}}, score});
  LoadedText first(text);
  REQUIRE(first.script.schedule({5, 10, 0, 1, &history}).rate_factor == 0.5);
  LoadedText second(text);
  second.script.restore(Json::parse(first.script.state().dump()));
  REQUIRE(second.script.schedule({6, 10, 0, 1, &history}).rate_factor == 0.5);
  history.evaluations.push_back({0, 0, {{"new", {{"accuracy", 0.5}}}}, 1});
  REQUIRE(second.script.schedule({7, 10, 0, 1, &history}).rate_factor == 0.25);
}

TEST_CASE("composed schedules of the library cost less than 5 microseconds a step, late in a run too", "[speed]") {
  LoadedText loaded(
      with_schedule("schedule.each { lr = schedule.plateau { metric = 'new.loss', warmup = 0.1 },\n"
                    "['ewc.lambda'] = schedule.piecewise { points = { { 0, 0 }, { 0.2, 1 } } } }"));
  recipe::History history;
  for (int i = 0; i < 100; ++i) history.evaluations.push_back({i, 0, {{"new", {{"loss", 1.0 / (1 + i)}}}}, 0});
  constexpr int64_t kCalls = 2000;
  double fastest = 1;
  for (int round = 0; round < 50; ++round) {  // short rounds, the best of them: other work on the machine adds time
    const double start = processor_seconds();
    for (int64_t step = 0; step < kCalls; ++step) loaded.script.schedule({step, kCalls, 0, 1, &history});
    const double seconds = processor_seconds() - start;
    fastest = std::min(fastest, seconds / kCalls);
  }
  WARN("seconds per call of a composed schedule: " << fastest);
  REQUIRE(fastest < 5e-6);
}

TEST_CASE("a slanted triangle of few steps still has one at its top") {
  REQUIRE(factor("schedule.slanted_triangular { cut = 0.1 }", 0, 5) == Approx(1 / 32.0));
  REQUIRE(factor("schedule.slanted_triangular { cut = 0.1 }", 1, 5) == 1);
}

TEST_CASE("mistakes in composed schedules are refused with what is allowed") {
  const std::string form = "{ share = 0.1, schedule } or { steps = 100, schedule }";
  REQUIRE(fault("schedule.piecewise { points = { { 0, 1 }, 3 } }") ==
          "schedule.piecewise: point 2 is not { where, factor } (allowed: two numbers from 0 on)");
  REQUIRE(fault("schedule.piecewise { points = {} }") ==
          "schedule.piecewise: no points (allowed: points such as { 0.5, 0.1 })");
  REQUIRE(fault("schedule.piecewise { points = { { 0.5, 1 }, { 0.5, 0 } } }") ==
          "schedule.piecewise: point 2 is at 0.5, after one at 0.5 (allowed: rising places)");
  REQUIRE(fault("schedule.piecewise { points = { { 0, 1 } }, unit = 'epoch' }") ==
          "schedule.piecewise: unit is 'epoch' (allowed: share, steps, epochs); did you mean 'epochs'?. Options: "
          "points, unit, between");
  REQUIRE(fault("schedule.sequence { { share = 0.5 }, { schedule.linear() } }") ==
          "schedule.sequence: part 1 has no schedule (allowed: " + form + ")");
  REQUIRE(fault("schedule.sequence { { schedule.linear() }, { schedule.linear() } }") ==
          "schedule.sequence: part 1 has no length (allowed: " + form + "; only the last part may leave it out)");
  REQUIRE(fault("schedule.sequence { { schedule.linear(), share = 1, steps = 2 } }") ==
          "schedule.sequence: part 1 has both steps and share (allowed: one of them)");
  REQUIRE(fault("schedule.sequence { { schedule.linear(), steps = 0 } }") ==
          "schedule.sequence: part 1 has the length 0 (allowed: a number above 0)");
  REQUIRE(fault("schedule.sequence { { schedule.linear(), shares = 0.5 } }") ==
          "schedule.sequence: part 1 has an unknown entry 'shares' (allowed: " + form + ")");
  REQUIRE(
      fault("schedule.each { schedule.linear() }") ==
      "schedule.each: entry 1 has no name (allowed: names), such as schedule.each { lr = schedule.linear { warmup = "
      "0.1 }, [\"ewc.lambda\"] = schedule.constant { warmup = 100 } }");
  REQUIRE(fault("schedule.product { schedule.linear(), fast = schedule.linear() }") ==
          "schedule.product: entry fast has a name (allowed: a list without names)");
  LoadedText loaded(with_schedule("schedule.product { function() return 'fast' end }"));
  REQUIRE(
      refusal([&] {
        factor(loaded.script, 0, 10);
      }).rfind("recipe.lua:12: schedule failed: schedule.product: schedule 1 gives a string (allowed: a number)", 0) ==
      0);
}
