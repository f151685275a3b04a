#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

recipe::Metrics measured(double new_accuracy, double original_accuracy) {
  return {{"new", {{"accuracy", new_accuracy}, {"loss", 1 - new_accuracy}}},
          {"original", {{"accuracy", original_accuracy}, {"loss", 1 - original_accuracy}}}};
}

// Evaluations with these scores; the original accuracy falls by 0.01 each, from a baseline of 0.9.
recipe::History history_of(const std::vector<double>& scores) {
  recipe::History history;
  history.baseline = measured(0.1, 0.9);
  for (size_t i = 0; i < scores.size(); ++i) {
    const double step = static_cast<double>(i);
    history.evaluations.push_back(
        {static_cast<int64_t>(i) * 10, step / 2, measured(0.5, 0.9 - 0.01 * step), scores[i]});
    if (scores[i] > scores[history.best]) history.best = i;
  }
  return history;
}

std::string with(const std::string& score, const std::string& stop) {
  return recipe_text(kTrain + "\n  score = " + score + ",\n  stop = " + stop + ",",
                     "local score, stop = require 'engram.score', require 'engram.stop'");
}

recipe::StopDecision decision(const std::string& rule, const recipe::History& history) {
  LoadedText loaded(with("function() return 1 end", rule));
  return loaded.script.stop(history);
}

std::string stop_refusal(const std::string& rule) {
  return refusal([&] { decision(rule, history_of({1})); });
}

}  // namespace

TEST_CASE("the penalised score takes off what is lost beyond the tolerance, times the weight") {
  LoadedText loaded(with(
      "score.penalised { gain = 'new.accuracy', guard = 'original.accuracy', tolerance = 0.02, weight = 3 }", "nil"));
  const recipe::Metrics baseline = measured(0.1, 0.9);
  REQUIRE(loaded.script.score(measured(0.8, 0.9), baseline) == Approx(0.8).epsilon(1e-12));
  REQUIRE(loaded.script.score(measured(0.8, 0.95), baseline) == Approx(0.8).epsilon(1e-12));
  REQUIRE(loaded.script.score(measured(0.8, 0.885), baseline) == Approx(0.8).epsilon(1e-12));
  REQUIRE(loaded.script.score(measured(0.8, 0.85), baseline) == Approx(0.8 - 3 * 0.03).epsilon(1e-12));
}

TEST_CASE("a loss in a score counts with its sign flipped, so that larger is better") {
  LoadedText loaded(with("score.penalised { gain = 'new.accuracy', guard = 'original.loss' }", "nil"));
  REQUIRE(loaded.script.score(measured(0.8, 0.7), measured(0.1, 0.9)) == Approx(0.8 - 0.2).epsilon(1e-12));
}

TEST_CASE("the harmonic score is high only when both metrics are, and refuses metrics below 0") {
  LoadedText loaded(with("score.harmonic { a = 'new.accuracy', b = 'original.accuracy' }", "nil"));
  const recipe::Metrics baseline = measured(0.1, 0.9);
  REQUIRE(loaded.script.score(measured(0.5, 1.0), baseline) == Approx(2.0 / 3).epsilon(1e-12));
  REQUIRE(loaded.script.score(measured(0.0, 0.0), baseline) == 0.0);
  LoadedText wrong(with("score.harmonic { a = 'new.loss', b = 'original.accuracy' }", "nil"));
  REQUIRE(refusal([&] { wrong.script.score(measured(0.5, 0.5), baseline); })
              .rfind("recipe.lua:11: score failed: score.harmonic: a metric is below 0 (allowed: metrics from 0 to 1, "
                     "so no loss)",
                     0) == 0);
}

TEST_CASE("without a score the new task's accuracy is the score") {
  const std::string text = R"(return { model = "m", tasks = { fresh = {} }, waive = { "original" },
    data = { train = { "a.csv", text = 1, label = 2, task = "fresh", use = "train" },
             new = { "b.csv", text = 1, label = 2, task = "fresh", use = "evaluate" } },
    train = { learning_rate = 1e-4 } })";
  LoadedText loaded(text);
  REQUIRE(loaded.script.score(measured(0.75, 0.9), measured(0.1, 0.9)) == 0.75);
}

TEST_CASE("a set that is looked for in the wrong place comes with the right one") {
  const auto refused = [](const std::string& callbacks) {
    return refusal([&] {
      LoadedText loaded(recipe_text(kTrain + "\n" + callbacks));
      recipe::Metrics metrics = names();
      loaded.script.resolve(metrics, {});
    });
  };
  const std::string score = "  score = function() return 1 end,\n";
  REQUIRE(refused(score + "  stop = function(h) return h.original.accuracy < 0.5 end,")
              .find("unknown field of a stopping rule's input 'original' (known: baseline, best, evaluations, history, "
                    "last, seconds, state, step, steps). Fix: write h.last.original") != std::string::npos);
  REQUIRE(refused("  score = function(m) return m.tones.accuracy end,")
              .find("unknown evaluation set 'tones' (known: baseline, new, original). Fix: a set has its name under "
                    "data, as in m.new.accuracy") != std::string::npos);
}

TEST_CASE("a score that is no finite number is refused with the callback's line") {
  const auto refused = [](const std::string& body) {
    LoadedText loaded(with("function(m) " + body + " end", "nil"));
    return refusal([&] { loaded.script.score(measured(0.5, 0.5), measured(0.5, 0.5)); });
  };
  REQUIRE(refused("return 0/0") == "recipe.lua:11: score returned nan (allowed: a finite number)");
  REQUIRE(refused("return 1/0") == "recipe.lua:11: score returned inf (allowed: a finite number)");
  REQUIRE(refused("return nil") == "recipe.lua:11: score returned nothing (allowed: a finite number)");
  REQUIRE(refused("return '1'") == "recipe.lua:11: score returned '1' (allowed: a finite number)");
}

TEST_CASE("patience counts evaluations since the score last rose by more than min_delta") {
  const std::string rule = "stop.patience { evaluations = 2, min_delta = 0.1 }";
  REQUIRE_FALSE(decision(rule, history_of({0.5})).stop);
  REQUIRE_FALSE(decision(rule, history_of({0.5, 0.7, 0.75})).stop);
  REQUIRE(decision(rule, history_of({0.5, 0.7, 0.75, 0.78})).stop);
  REQUIRE_FALSE(decision(rule, history_of({0.5, 0.4, 0.7, 0.6})).stop);
  const recipe::StopDecision stopped = decision(rule, history_of({0.5, 0.4, 0.3}));
  REQUIRE(stopped.stop);
  REQUIRE_FALSE(stopped.rollback);
  REQUIRE(stopped.reason == "the score has not risen in 2 evaluations");
}

TEST_CASE("the forgetting budget stops with a roll-back once more is lost than allowed") {
  const std::string rule = "stop.budget { metric = 'original.accuracy', lose_at_most = 0.025 }";
  REQUIRE_FALSE(decision(rule, history_of({1, 1, 1})).stop);
  const recipe::StopDecision stopped = decision(rule, history_of({1, 1, 1, 1}));
  REQUIRE(stopped.stop);
  REQUIRE(stopped.rollback);
  REQUIRE(stopped.reason == "original.accuracy lost 0.03, more than the 0.025 allowed");
}

TEST_CASE("any stops with the reason of the first rule that does") {
  const std::string rule =
      "stop.any { function() return false end, stop.patience { evaluations = 1 }, function() return 'late' end }";
  REQUIRE(decision(rule, history_of({0.5})).reason == "late");
  REQUIRE(decision(rule, history_of({0.5, 0.4})).reason == "the score has not risen in 1 evaluations");
}

TEST_CASE("a stopping rule sees last, best, baseline, evaluations, history and its state") {
  LoadedText loaded(with("function() return 1 end", R"(function(h)
    h.state.calls = (h.state.calls or 0) + 1
    return string.format("%g %g %g %g %g %g %d %d", h.last.score, h.best.score, h.last.step, h.last.epoch,
      h.last.original.accuracy, h.baseline.original.accuracy, h.evaluations, #h.history + h.state.calls)
  end)"));
  loaded.script.stop(history_of({0.5, 0.7, 0.6}));
  REQUIRE(loaded.script.stop(history_of({0.5, 0.7, 0.6})).reason == "0.6 0.7 20 1 0.88 0.9 3 5");
}

TEST_CASE("the state of a stopping rule survives a save and a restore") {
  const std::string text = with("function() return 1 end", R"(function(h)
    local s = h.state
    s.seen = (s.seen or 0) + 1
    s.best = math.max(s.best or -math.huge, h.last.score)
    s.list = s.list or { 1, "two", true, { deep = -1 / 0 } }
    return s.seen >= 3 and ("seen " .. s.seen .. " best " .. s.best .. " " .. tostring(s.list[4].deep))
  end)");
  LoadedText first(text);
  REQUIRE_FALSE(first.script.stop(history_of({0.25})).stop);
  REQUIRE_FALSE(first.script.stop(history_of({0.75})).stop);
  const Json saved = first.script.state();
  REQUIRE(saved["stop"].dump() == R"({"best":0.75,"list":[1.0,"two",true,{"deep":{"@number":"-inf"}}],"seen":2.0})");
  LoadedText second(text);
  second.script.restore(Json::parse(saved.dump()));
  REQUIRE(second.script.stop(history_of({0.5})).reason == "seen 3 best 0.75 -inf");
}

TEST_CASE("a state that a checkpoint cannot keep is refused when it arises") {
  REQUIRE(
      stop_refusal("function(h) h.state.f = function() end end") ==
      "recipe.lua:12: h.state.f is a function, which a checkpoint cannot keep (allowed: numbers, strings, booleans, "
      "and tables that are either a list or have only names)");
}

TEST_CASE("what a stopping rule may not return is refused with the callback's line") {
  const std::string allowed =
      " (allowed: false, a reason as a string, { rollback = true, reason = \"...\" }, or this with cut = 0.5)";
  REQUIRE(stop_refusal("function() return true end") == "recipe.lua:12: stop returned true" + allowed);
  REQUIRE(stop_refusal("function() return 3 end") == "recipe.lua:12: stop returned 3" + allowed);
  REQUIRE(stop_refusal("function() return { rollback = true } end") ==
          "recipe.lua:12: stop returned no reason" + allowed);
  REQUIRE(stop_refusal("function() return { rolback = true, reason = 'x' } end") ==
          "recipe.lua:12: stop returned a table with 'rolback'; did you mean 'rollback'?" + allowed);
  REQUIRE(stop_refusal("function() return { rollback = 1, reason = 'x' } end") ==
          "recipe.lua:12: stop returned rollback = 1" + allowed);
}

TEST_CASE("records and metrics cannot be changed by a callback") {
  const std::string text = stop_refusal("function(h) h.last.new.accuracy = 1 end");
  REQUIRE(text.rfind("recipe.lua:12: stop failed: a script may not change 'accuracy' here: this table is read-only",
                     0) == 0);
}

TEST_CASE("unknown sets and metrics are refused before step 0 with line and nearest name, all callbacks at once") {
  LoadedText loaded(
      with("function(m)\n  return m.nwe.accuracy end", "function(h)\n  return h.last.original.acuracy > 2 end"));
  const std::string text = refusal([&] { resolve(loaded.script); });
  REQUIRE(text.find("recipe.lua:12: score failed: unknown evaluation set 'nwe'; did you mean 'new'?") == 0);
  REQUIRE(text.find("\nrecipe.lua:14: stop failed: unknown metric of original 'acuracy'; did you mean 'accuracy'?") !=
          std::string::npos);
}

TEST_CASE("one fault that other numbers meet again is told once") {
  LoadedText loaded(with("function(m)\n  local lost = m.baseline.new.loss - m.new.loss\n  return m.nwe.loss + lost end",
                         "function(h) return false end"));
  const std::string text = refusal([&] { resolve(loaded.script); });
  REQUIRE(text.find("score failed") == text.rfind("score failed"));
}

TEST_CASE("a misspelt metric in the library's functions is refused with the recipe's line") {
  LoadedText loaded(with("score.penalised {\n gain = 'new.acuracy', guard = 'original.accuracy' }",
                         "stop.budget { metric = 'orignal.accuracy', lose_at_most = 0.1 }"));
  const std::string text = refusal([&] { resolve(loaded.script); });
  REQUIRE(text.find("recipe.lua:11: score failed: unknown metric of new 'acuracy'; did you mean 'accuracy'?") == 0);
  REQUIRE(text.find("\nrecipe.lua:13: stop failed: unknown evaluation set 'orignal'; did you mean 'original'?") !=
          std::string::npos);
}

TEST_CASE("the trial before step 0 leaves the state as it was and tolerates a division by zero in a score") {
  LoadedText loaded(with("function(m) return m.new.accuracy / (m.new.accuracy - m.baseline.new.accuracy) end",
                         "function(h) h.state.calls = (h.state.calls or 0) + 1 end"));
  REQUIRE_NOTHROW(resolve(loaded.script));
  REQUIRE(loaded.script.state()["stop"] == Json::object());
}

TEST_CASE("options of the library's functions are checked at the recipe's line, all at once") {
  const auto refused = [](const std::string& score, const std::string& stop) {
    return load_refusal(with(score, stop));
  };
  const auto starts = [](const std::string& text, const std::string& start) {
    INFO(text);
    return text.rfind(start, 0) == 0;
  };
  const std::string score = "function() return 1 end";
  REQUIRE(starts(refused("score.penalised { gian = 'new.accuracy', weight = -1 }", "nil"),
                 "recipe.lua:11: the recipe failed: score.penalised: unknown option 'gian'; did you mean 'gain'?; gain "
                 "is missing; "
                 "guard is missing; weight is -1 (allowed: from 0 on). Options: gain, guard, tolerance, weight"));
  REQUIRE(starts(refused(score, "stop.patience { evaluations = 1.5 }"),
                 "recipe.lua:12: the recipe failed: stop.patience: evaluations is 1.5 (allowed: a whole number)"));
  REQUIRE(starts(refused(score, "stop.patience { evaluations = '3' }"),
                 "recipe.lua:12: the recipe failed: stop.patience: evaluations is a string (allowed: a number)"));
  REQUIRE(starts(
      refused(score, "stop.patience(3)"),
      "recipe.lua:12: the recipe failed: stop.patience takes a table of options, such as stop.patience { ... }"));
  REQUIRE(starts(refused(score, "stop.any { 3 }"),
                 "recipe.lua:12: the recipe failed: stop.any: entry 1 is a number (allowed: functions only)"));
  REQUIRE(starts(refused(score, "stop.any {}"), "recipe.lua:12: the recipe failed: stop.any takes a list of rules"));
  REQUIRE(starts(
      refused(score, "stop.budget { metric = 'accuracy', lose_at_most = 0 }"),
      "recipe.lua:12: the recipe failed: stop.budget: metric is 'accuracy' (allowed: a set and one of its metrics, "
      "such as \"original.accuracy\")"));
  REQUIRE(
      starts(refused(score, "stop.patiense {}"),
             "recipe.lua:12: the recipe failed: unknown function of engram.stop 'patiense'; did you mean 'patience'?"));
}

TEST_CASE("h.last and h.best are entries of h.history") {
  const std::string rule =
      "function(h) return h.last == h.history[3] and h.best == h.history[2] and #h.history == h.evaluations and "
      "'the same' end";
  REQUIRE(decision(rule, history_of({1, 3, 2})).reason == "the same");
}

TEST_CASE("the history of an input that was kept for later is refused, not made up") {
  LoadedText loaded(
      recipe_text(kTrain + "\n  score = function() return 1 end,\n  schedule = function(s) kept = s return 1 end,"
                           "\n  stop = function() return #kept.history end,",
                  "local kept"));
  const recipe::History history = history_of({1});
  loaded.script.schedule({0, 10, 0, 1, &history});
  REQUIRE(refusal([&] {
            loaded.script.stop(history);
          }).find("the history can be read only while the callback runs that it was given to") != std::string::npos);
}
