// The library's stopping rules against histories worked out by hand.
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

std::string with_stop(const std::string& stop) {
  return recipe_text(kTrain + "\n  score = function() return 1 end,\n  stop = " + stop + ",",
                     "local stop = require 'engram.stop'");
}

struct Seen {
  double new_accuracy = 0.5;
  double original_accuracy = 0.9;
  double score = 0;
};

recipe::Metrics measured(const Seen& seen) {
  return {{"new", {{"accuracy", seen.new_accuracy}, {"loss", 1 - seen.new_accuracy}}},
          {"original", {{"accuracy", seen.original_accuracy}, {"loss", 1 - seen.original_accuracy}}}};
}

// One evaluation every ten steps; the untouched model has 0.25 and 0.9.
recipe::History history_of(const std::vector<Seen>& course, double seconds = 0) {
  recipe::History history;
  history.baseline = measured({0.25, 0.9});
  history.seconds = seconds;
  history.steps = 1000;
  for (size_t i = 0; i < course.size(); ++i) {
    history.evaluations.push_back({static_cast<int64_t>(i) * 10, 0, measured(course[i]), course[i].score});
    if (course[i].score > course[history.best].score) history.best = i;
  }
  return history;
}

recipe::History scored(const std::vector<double>& scores) {
  std::vector<Seen> course;
  for (const double score : scores) course.push_back({0.5, 0.9, score});
  return history_of(course);
}

recipe::StopDecision decision(const std::string& rule, const recipe::History& history) {
  LoadedText loaded(with_stop(rule));
  return loaded.script.stop(history);
}

// At which evaluation the rule stops a run of this course, counted from 1; 0: never.
size_t stops_at(const std::string& rule, const recipe::History& whole) {
  LoadedText loaded(with_stop(rule));
  recipe::History history = whole;
  history.evaluations.clear();
  for (const recipe::Evaluation& evaluation : whole.evaluations) {
    history.evaluations.push_back(evaluation);
    if (loaded.script.stop(history).stop) return history.evaluations.size();
  }
  return 0;
}

std::string fault(const std::string& rule) {
  const std::string text = load_refusal(with_stop(rule));
  const std::string start = "recipe.lua:12: the recipe failed: ";
  REQUIRE(text.rfind(start, 0) == 0);
  return text.substr(start.size(), text.find('\n') - start.size());
}

// Gained shares 0, 0.4, 0.6, 0.68 and retained ones 1, 0.9, 0.8, 0.52, with the floors 0.25 and 0.4.
const std::vector<Seen> kCrossing = {{0.25, 0.9}, {0.55, 0.85}, {0.7, 0.8}, {0.76, 0.66}};
const std::string kFloors =
    "new = 'new.accuracy', original = 'original.accuracy', new_floor = 0.25, original_floor = 0.4 }";

}  // namespace

TEST_CASE("patience can watch a metric, of which less may be better") {
  const recipe::History history = history_of({{0.5}, {0.6}, {0.62}, {0.61}, {0.65}});
  REQUIRE(stops_at("stop.patience { evaluations = 2, metric = 'new.loss', min_delta = 0.05 }", history) == 4);
  REQUIRE(stops_at("stop.patience { evaluations = 2, metric = 'new.accuracy' }", history) == 0);
  REQUIRE(decision("stop.patience { evaluations = 1, metric = 'original.accuracy' }", history).reason ==
          "original.accuracy has not improved in 1 evaluations");
}

TEST_CASE("minimum improvement ends a creep that patience lets run on") {
  const recipe::History creep = scored({0.5, 0.6, 0.601, 0.602, 0.603, 0.604});
  REQUIRE(stops_at("stop.patience { evaluations = 2 }", creep) == 0);
  REQUIRE(stops_at("stop.minimum_improvement { least = 0.01, evaluations = 2 }", creep) == 4);
  REQUIRE(decision("stop.minimum_improvement { least = 0.01, evaluations = 2 }", creep).reason ==
          "the score rose by 0.002 in 2 evaluations, less than 0.01");
  REQUIRE(stops_at("stop.minimum_improvement { least = 0.01, evaluations = 2 }", scored({0.5, 0.4, 0.52})) == 0);
  REQUIRE(stops_at("stop.minimum_improvement { least = 0.03, evaluations = 2 }", scored({0.5, 0.4, 0.52})) == 3);
}

TEST_CASE("the marginal crossover is where more was lost than learnt, interpolated") {
  const std::string rule = "stop.crossover { " + kFloors;
  REQUIRE(stops_at(rule, history_of(kCrossing)) == 4);
  // Worth +0.1 at step 20 and -0.2 at step 30.
  REQUIRE(decision(rule, history_of(kCrossing)).reason ==
          "the marginal crossover is at step 23.33: now 68.0 % gained, 52.0 % retained");
  REQUIRE_FALSE(decision(rule, history_of(kCrossing)).rollback);
  REQUIRE(stops_at(rule, history_of({{0.5, 0.9}, {0.5, 0.8}})) == 2);  // the first step from the start counts whole
  REQUIRE(stops_at(rule, history_of({{0.5, 0.9}, {0.5, 0.9}})) == 0);
}

TEST_CASE("the level crossover is where the retained share falls to the gained one, interpolated") {
  const std::string rule = "stop.crossover { kind = 'level', " + kFloors;
  REQUIRE(stops_at(rule, history_of(kCrossing)) == 4);
  // Ahead by 0.2 at step 20 and by -0.16 at step 30.
  REQUIRE(decision(rule, history_of(kCrossing)).reason ==
          "the level crossover is at step 25.56: now 68.0 % gained, 52.0 % retained");
  REQUIRE(stops_at(rule, history_of({{1, 0.9}})) == 1);
  REQUIRE(stops_at("stop.crossover { kind = 'level', new = 'new.accuracy', original = 'original.accuracy' }",
                   history_of({{0.5, 0.45}, {0.55, 0.5}})) == 1);
}

TEST_CASE("the crossovers are those of the report, on the curves of its own tests") {
  const auto reason = [](const std::string& kind, const std::vector<Seen>& course) {
    recipe::History history = history_of(course);
    history.baseline = measured(course.front());
    return decision(
               "stop.crossover { kind = '" + kind +
                   "', new = 'new.accuracy', original = 'original.accuracy', new_floor = 0.5, original_floor = 0.2 }",
               history)
        .reason;
  };
  REQUIRE(reason("level", {{0.5, 1}, {0.75, 0.92}, {0.95, 0.6}}).rfind("the level crossover is at step 15:", 0) == 0);
  REQUIRE(reason("marginal", {{0.5, 1}, {0.75, 0.92}, {0.8, 0.52}}).rfind("the marginal crossover is at step 15:", 0) ==
          0);
  REQUIRE(reason("level", {{0.5, 1}, {0.7, 1}, {0.8, 1}}).empty());
  REQUIRE(reason("marginal", {{0.5, 1}, {0.7, 1}, {0.8, 1}}).empty());
}

TEST_CASE("a crossover within the margin is chance") {
  // Learnt 0.4, 0, 0.2 and lost 0.1, 0.02, 0.5 since the evaluation before.
  const std::vector<Seen> course = {{0.25, 0.9}, {0.55, 0.85}, {0.55, 0.84}, {0.7, 0.59}};
  REQUIRE(stops_at("stop.crossover { " + kFloors, history_of(course)) == 3);
  const std::string rule = "stop.crossover { margin = 0.05, " + kFloors;
  REQUIRE(stops_at(rule, history_of(course)) == 4);
  REQUIRE(decision(rule, history_of(course)).reason ==
          "the marginal crossover is at step 20: now 60.0 % gained, 38.0 % retained");
  REQUIRE(stops_at("stop.crossover { kind = 'level', margin = 0.2, " + kFloors, history_of(course)) == 4);
  REQUIRE(stops_at("stop.crossover { kind = 'level', margin = 0.3, " + kFloors, history_of(course)) == 0);
}

TEST_CASE("there is no crossover where the untouched model knew nothing") {
  const std::string rule =
      "stop.crossover { kind = '%', new = 'new.accuracy', original = 'original.accuracy', "
      "original_floor = 0.9 }";
  for (const std::string kind : {"level", "marginal"}) {
    std::string text = rule;
    text.replace(text.find('%'), 1, kind);
    REQUIRE(stops_at(text, history_of({{0.5, 0.9}, {0.9, 0.1}, {0.9, 0.0}})) == 0);
  }
}

TEST_CASE("the crossover of losses flips their sign, floors included") {
  // Losses 0.75, 0.45, 0.3, 0.24 and 0.1, 0.15, 0.2, 0.34 are the course above with floors 0.75 and 0.6.
  const std::string rule =
      "stop.crossover { new = 'new.loss', original = 'original.loss', new_floor = 0.75, new_reference = 0, "
      "original_floor = 0.6 }";
  REQUIRE(decision(rule, history_of(kCrossing)).reason ==
          "the marginal crossover is at step 23.33: now 68.0 % gained, 52.0 % retained");
}

TEST_CASE("the forgetting budget cuts the rate as often as it may, counts in the state, and then ends the run") {
  const std::string rule = "stop.budget { metric = 'original.accuracy', lose_at_most = 0.05, cut = 0.5, tries = 2 }";
  LoadedText loaded(with_stop(rule));
  REQUIRE_FALSE(loaded.script.stop(history_of({{0.5, 0.86}})).stop);
  REQUIRE(loaded.script.state()["stop"] == Json::object());
  for (int i = 0; i < 2; ++i) {
    const recipe::StopDecision cut = loaded.script.stop(history_of({{0.5, 0.9}, {0.5, 0.8}}));
    REQUIRE(cut.rollback);
    REQUIRE(cut.cut == 0.5);
    REQUIRE(cut.reason == "original.accuracy lost 0.1, more than the 0.05 allowed");
  }
  const recipe::StopDecision last = loaded.script.stop(history_of({{0.5, 0.9}, {0.5, 0.8}}));
  REQUIRE(last.rollback);
  REQUIRE(last.cut == 0);
  REQUIRE(loaded.script.state()["stop"].dump() == R"({"cuts":2.0})");
}

TEST_CASE("a budget on a loss bounds its rise") {
  const std::string rule = "stop.budget { metric = 'original.loss', lose_at_most = 0.05 }";
  REQUIRE_FALSE(decision(rule, history_of({{0.5, 0.86}})).stop);
  REQUIRE(decision(rule, history_of({{0.5, 0.84}})).rollback);
}

TEST_CASE("time, steps and target stop at the first evaluation that reaches them") {
  REQUIRE_FALSE(decision("stop.time { minutes = 1, seconds = 30 }", history_of({{}}, 89.9)).stop);
  REQUIRE(decision("stop.time { minutes = 1, seconds = 30 }", history_of({{}}, 95)).reason ==
          "95 seconds are over, of the 90 allowed");
  REQUIRE(stops_at("stop.steps { reach = 20 }", scored({1, 1, 1, 1})) == 3);
  REQUIRE(decision("stop.steps { reach = 20 }", scored({1, 1, 1, 1})).reason == "step 30 reached, of the 20 allowed");
  const recipe::History history = history_of({{0.5}, {0.79}, {0.81}});
  REQUIRE(stops_at("stop.target { metric = 'new.accuracy', reach = 0.8 }", history) == 3);
  REQUIRE(stops_at("stop.target { metric = 'new.loss', reach = 0.22 }", history) == 2);
  REQUIRE(decision("stop.target { metric = 'new.accuracy', reach = 0.8 }", history).reason ==
          "new.accuracy reached 0.81");
}

TEST_CASE("divergence is measured against the best so far, and refuses the newest evaluation") {
  const std::string rule = "stop.divergence { metric = 'new.loss', worse_by = 0.2 }";
  REQUIRE(stops_at(rule, history_of({{0.5}, {0.8}, {0.65}, {0.55}})) == 4);
  const recipe::StopDecision stopped = decision(rule, history_of({{0.5}, {0.8}, {0.55}}));
  REQUIRE(stopped.rollback);
  REQUIRE(stopped.reason == "new.loss is 0.25 worse than its best, more than the 0.2 allowed");
  REQUIRE(decision("stop.divergence { metric = 'original.accuracy', worse_by = 0.2 }", history_of({{0.5, 0.6}})).stop);
}

TEST_CASE("a rule after so many evaluations is not asked before") {
  REQUIRE(stops_at("stop.after { evaluations = 3, rule = function() return 'now' end }", scored({1, 1, 1, 1})) == 3);
}

TEST_CASE("all rules must want to stop at once; the roll-back of one is that of all") {
  const std::string two = "stop.steps { reach = 10 }, stop.divergence { metric = 'new.accuracy', worse_by = 0.1 }";
  REQUIRE(stops_at("stop.all { " + two + " }", history_of({{0.5}, {0.8}, {0.6}})) == 3);
  const recipe::StopDecision stopped = decision("stop.all { " + two + " }", history_of({{0.5}, {0.8}, {0.6}}));
  REQUIRE(stopped.rollback);
  REQUIRE(stopped.reason ==
          "step 20 reached, of the 10 allowed; new.accuracy is 0.2 worse than its best, more than the 0.1 allowed");
  REQUIRE_FALSE(
      decision("stop.all { stop.steps { reach = 10 }, function() return 'too' end }", scored({1, 1})).rollback);
  REQUIRE(refusal([] {
            decision("stop.all { function() return { rollback = true, reason = 'r', cut = 0.5 } end }", scored({1}));
          })
              .rfind("recipe.lua:12: stop failed: stop.all: rule 1 cuts the rate, which cannot wait for other rules "
                     "(allowed: a budget without cut, or stop.any)",
                     0) == 0);
}

TEST_CASE("a rule inside all that gives no reason is refused, as it would be alone") {
  for (const std::string verdict : {"true", "3", "{ rollback = true }"}) {
    REQUIRE(refusal([&] { decision("stop.all { function() return " + verdict + " end }", scored({1})); })
                .rfind("recipe.lua:12: stop failed: stop.all: rule 1 gives no reason (allowed: false, a reason, or { "
                       "rollback = true, reason = \"...\" })",
                       0) == 0);
  }
}

TEST_CASE("rules inside any and all keep their states apart, however deeply they stand") {
  const std::string counting =
      "function(h) h.state.calls = (h.state.calls or 0) + 1; return h.state.calls >= %d and 'seen ' .. h.state.calls "
      "end";
  const auto until = [&](const std::string& calls) {
    std::string text = counting;
    return text.replace(text.find("%d"), 2, calls);
  };
  LoadedText loaded(with_stop("stop.any { " + until("4") + ", stop.all { " + until("3") + ", " + until("2") + " } }"));
  REQUIRE_FALSE(loaded.script.stop(scored({1})).stop);
  REQUIRE_FALSE(loaded.script.stop(scored({1, 1})).stop);
  REQUIRE(loaded.script.state()["stop"].dump() ==
          R"({"part_1":{"calls":2.0},"part_2":{"part_1":{"calls":2.0},"part_2":{"calls":2.0}}})");
  REQUIRE(loaded.script.stop(scored({1, 1, 1})).reason == "seen 3; seen 3");
}

TEST_CASE("a misspelt field of h inside a composed rule is an error with the nearest name") {
  const std::string text = refusal([] { decision("stop.any { function(h) return h.lsat end }", scored({1})); });
  REQUIRE(text.rfind(
              "recipe.lua:12: stop failed: unknown field of a stopping rule's input 'lsat'; did you mean 'last'?", 0) ==
          0);
}

TEST_CASE("options of stopping rules that contradict each other are refused") {
  REQUIRE(fault("stop.time {}") == "stop.time: no time given (allowed: hours, minutes or seconds above 0)");
  REQUIRE(fault("stop.budget { metric = 'original.accuracy', lose_at_most = 0.1, tries = 2 }") ==
          "stop.budget: tries without cut (allowed: both, or neither). Fix: add cut = 0.5");
  REQUIRE(fault("stop.crossover { new = 'new.accuracy', original = 'original.accuracy', new_floor = 1 }") ==
          "stop.crossover: new_reference is the same as new_floor (allowed: two different numbers)");
  REQUIRE(fault("stop.crossover { kind = 'levle', new = 'new.accuracy', original = 'original.accuracy' }") ==
          "stop.crossover: kind is 'levle' (allowed: marginal, level); did you mean 'level'?. Options: kind, new, "
          "original, new_floor, new_reference, original_floor, margin");
}
