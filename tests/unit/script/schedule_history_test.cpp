// What a schedule may take for granted about past evaluations.
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

std::string trial_refusal(const std::string& body) {
  return refusal([&] {
    LoadedText loaded(
        recipe_text(kTrain + "\n  score = function() return 1 end,\n  schedule = function(s) " + body + " end,"));
    resolve(loaded.script);
  });
}

}  // namespace

TEST_CASE("a schedule may read the evaluation of step 0 at the first step, since every run begins with it") {
  REQUIRE(trial_refusal("return s.history[s.evaluations].new.accuracy > 0.9 and 0.1 or 1").empty());
  REQUIRE(trial_refusal("return 1 / s.evaluations").empty());
}

TEST_CASE("a schedule may not take a second evaluation for granted") {
  REQUIRE(trial_refusal("return s.history[2].new.accuracy > 0.9 and 0.1 or 1").find("attempt to index") !=
          std::string::npos);
}

TEST_CASE("s.history read late shows what a roll-back left, although nothing was read between") {
  LoadedText loaded(
      recipe_text(kTrain +
                  "\n  score = function() return 1 end,\n  schedule = function(s)\n    if s.step < 5 and s.step ~= 0 "
                  "then return 1 end\n" +
                  "    local sum = 0\n    for _, one in ipairs(s.history) do sum = sum + one.score end\n" +
                  "    return sum\n  end,"));
  const auto factor_at = [&](int64_t step, const recipe::History& history) {
    return loaded.script.schedule({step, 10, 0, 1, &history}).rate_factor;
  };
  recipe::History history;
  for (const double score : {1.0, 2.0, 4.0}) {
    history.evaluations.push_back({.step = static_cast<int64_t>(score), .metrics = {}, .score = score});
  }
  REQUIRE(factor_at(0, history) == 7);
  const recipe::Evaluation last = history.evaluations.back();
  history.evaluations.resize(1);
  REQUIRE(factor_at(2, history) == 1);
  history.evaluations.push_back({.step = 2, .metrics = {}, .score = 8});
  REQUIRE(factor_at(3, history) == 1);
  history.evaluations.push_back(last);
  REQUIRE(factor_at(5, history) == 13);
  history.evaluations.resize(2);
  REQUIRE(factor_at(6, history) == 9);
}
