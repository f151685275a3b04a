// Every recipe has a Lua state and a budget of its own: scripts of several threads do not disturb each other, and each
// watchdog ends its own runaway.
#include <atomic>

#include "support.hpp"
#include "support/at_once.hpp"

using namespace engram;
using namespace engram::test;

namespace {

std::string whole_recipe(const std::string& seed) {
  return recipe_text("  train = { learning_rate = 1e-4, seed = " + seed +
                     " },\n  score = function(m) return m.new.accuracy end,");
}

}  // namespace

TEST_CASE("recipes that several threads read at once are read as if alone") {
  std::atomic<int> right = 0;
  at_once([&](int thread) {
    const std::string seed = std::to_string(100 + thread);
    const std::string refused = refusal([&] {
      const LoadedText loaded(whole_recipe(seed));
      if (loaded.script.recipe().train.seed == 100 + thread) ++right;
    });
    if (!refused.empty()) --right;
  });
  CHECK(right == kThreads);
}

TEST_CASE("every thread's watchdog ends its own script, and spares the one that behaves") {
  std::atomic<int> ended = 0, fine = 0;
  at_once([&](int thread) {
    if (thread == 0) {
      if (load_refusal(whole_recipe("1")).empty()) ++fine;
    } else if (!load_refusal(recipe_text(kTrain, "while true do end")).empty()) {
      ++ended;
    }
  });
  CHECK(ended == kThreads - 1);
  CHECK(fine == 1);
}
