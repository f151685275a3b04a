// The library's scores against numbers worked out by hand.
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

recipe::Metrics measured(double new_accuracy, double original_accuracy) {
  return {{"new", {{"accuracy", new_accuracy}, {"loss", 1 - new_accuracy}}},
          {"original", {{"accuracy", original_accuracy}, {"loss", 1 - original_accuracy}}}};
}

std::string with_score(const std::string& score) {
  return recipe_text(kTrain + "\n  score = " + score + ",", "local score = require 'engram.score'");
}

// Against an untouched model of 0.1 and 0.9.
double value(const std::string& score, double new_accuracy, double original_accuracy) {
  LoadedText loaded(with_score(score));
  return loaded.script.score(measured(new_accuracy, original_accuracy), measured(0.1, 0.9));
}

double formula(const std::string& text) { return value("score.expression '" + text + "'", 0.8, 0.6); }

std::string fault(const std::string& score) {
  const std::string text = load_refusal(with_score(score));
  const std::string start = "recipe.lua:11: the recipe failed: ";
  REQUIRE(text.rfind(start, 0) == 0);
  return text.substr(start.size(), text.find('\n') - start.size());
}

std::string formula_fault(const std::string& text) {
  const std::string whole = fault("score.expression '" + text + "'");
  const std::string start = "score.expression: ";
  const std::string end = " in \"" + text + "\"";
  REQUIRE(whole.rfind(start, 0) == 0);
  REQUIRE(whole.substr(whole.size() - end.size()) == end);
  return whole.substr(start.size(), whole.size() - start.size() - end.size());
}

Approx close(double number) { return Approx(number).epsilon(1e-12); }

}  // namespace

TEST_CASE("the weighted score is the weighted mean, losses with their sign flipped") {
  REQUIRE(value("score.weighted { ['new.accuracy'] = 3, ['original.accuracy'] = 1 }", 0.8, 0.6) == close(0.75));
  REQUIRE(value("score.weighted { ['new.accuracy'] = 1, ['original.loss'] = 1 }", 0.8, 0.6) == close(0.2));
  REQUIRE(fault("score.weighted { ['new.accuracy'] = 0 }") ==
          "score.weighted: all weights are 0 (allowed: at least one above 0)");
  REQUIRE(fault("score.weighted { accuracy = 1 }") ==
          "score.weighted: 'accuracy' is no metric (allowed: a set and one of its metrics, such as "
          "\"original.accuracy\")");
  REQUIRE(fault("score.weighted { ['new.accuracy'] = -1 }") ==
          "score.weighted: new.accuracy is -1 (allowed: from 0 on), such as score.weighted { [\"new.accuracy\"] = 2, "
          "[\"original.accuracy\"] = 1 }");
}

TEST_CASE("the worst case is the smallest metric") {
  const std::string score = "score.worst_case { 'new.accuracy', 'original.accuracy' }";
  REQUIRE(value(score, 0.8, 0.6) == 0.6);
  REQUIRE(value(score, 0.5, 0.6) == 0.5);
  REQUIRE(fault("score.worst_case { 'accuracy' }") ==
          "score.worst_case: entry 1 is 'accuracy' (allowed: a set and one of its metrics, such as "
          "\"original.accuracy\")");
}

TEST_CASE("the constrained score is the gain within the limit, and beyond it less than any gain") {
  const std::string score =
      "score.constrained { gain = 'new.accuracy', guard = 'original.accuracy', lose_at_most = 0.1 }";
  REQUIRE(value(score, 0.5, 0.9) == 0.5);
  REQUIRE(value(score, 0.7, 0.81) == 0.7);
  REQUIRE(value(score, 0.9, 0.7) == close(-1000.1));
  REQUIRE(value(score, 0.95, 0.6) == close(-1000.2));
}

TEST_CASE("a formula computes as arithmetic does") {
  REQUIRE(formula("new.accuracy - 2 * max(0, baseline.original.accuracy - original.accuracy)") == close(0.2));
  REQUIRE(formula("new.accuracy + original.accuracy * 2 - 1 / 4") == close(1.75));
  REQUIRE(formula("(new.accuracy + original.accuracy) * 2") == close(2.8));
  REQUIRE(formula("8 / 4 / 2 - 3 - 2") == -4);
  REQUIRE(formula("-2 ^ 2") == -4);
  REQUIRE(formula("2 ^ 3 ^ 2") == 512);
  REQUIRE(formula("2 ^ -1") == 0.5);
  REQUIRE(formula("--3 * +2") == 6);
  REQUIRE(formula("1e-3 + .5e1 + 2.") == close(7.001));
  REQUIRE(formula("min(3, 1, 2) + max(1, 5) + abs(-7) + sqrt(16)") == 17);
  REQUIRE(formula("new.loss") == close(0.2));  // as measured
  REQUIRE(formula("baseline.new.accuracy") == 0.1);
}

TEST_CASE("a formula that cannot be read is refused with its column") {
  REQUIRE(formula_fault("1 +") == "column 4: expected a number, a metric, a function or '(', found the end");
  REQUIRE(formula_fault("") == "column 1: expected a number, a metric, a function or '(', found the end");
  REQUIRE(formula_fault("1 2") == "column 3: expected an operator, found '2'");
  REQUIRE(formula_fault("max(1, 2") == "column 9: expected ')' for the '(' of column 4, found the end");
  REQUIRE(formula_fault("(1 + 2 * 3") == "column 11: expected ')' for the '(' of column 1, found the end");
  REQUIRE(formula_fault("1 & 2") == "column 3: unexpected '&'");
  REQUIRE(formula_fault("mix(1, 2)") ==
          "column 1: unknown function 'mix'; did you mean 'max' or 'min'? (allowed: abs, max, min, sqrt)");
  REQUIRE(formula_fault("1 + sqrt(1, 2)") == "column 5: sqrt takes 1 argument, not 2");
  REQUIRE(formula_fault("max(1)") == "column 1: max takes at least 2 arguments, not 1");
  REQUIRE(formula_fault("new * 2") ==
          "column 1: 'new' is no metric (allowed: a set and one of its metrics, such as original.accuracy or "
          "baseline.original.accuracy)");
  REQUIRE(fault("score.expression { 'new.accuracy' }")
              .rfind("score.expression: its argument is a table (allowed: a string), such as score.expression \"", 0) ==
          0);
}

TEST_CASE("a misspelt metric in a formula, or in the baseline's part of it, is refused before step 0") {
  for (const std::string text : {"new.acuracy", "1 + baseline.new.acuracy"}) {
    LoadedText loaded(with_score("score.expression '" + text + "'"));
    recipe::Metrics measured = names();
    REQUIRE(refusal([&] {
              loaded.script.resolve(measured, {});
            }).rfind("recipe.lua:11: score failed: unknown metric of new 'acuracy'; did you mean 'accuracy'?", 0) == 0);
  }
}
