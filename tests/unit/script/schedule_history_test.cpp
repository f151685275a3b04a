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
