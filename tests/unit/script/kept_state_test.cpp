// What a checkpoint makes of the tables that callbacks keep.
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

std::string with_stop(const std::string& body) {
  return recipe_text(kTrain + "\n  score = function() return 1 end,\n  stop = function(h) " + body + " end,");
}

recipe::History one_evaluation() {
  recipe::History history;
  history.evaluations.push_back({0, 0.5, names(), 1});
  return history;
}

std::string trial_refusal(const std::string& body) {
  return refusal([&] {
    LoadedText loaded(with_stop(body));
    resolve(loaded.script);
  });
}

}  // namespace

TEST_CASE("a table that is kept in two places is refused: read back, it would be two tables") {
  REQUIRE(trial_refusal("h.state.all = { { n = 0 } } h.state.now = h.state.all[1]") ==
          "recipe.lua:12: h.state.now is the same table as h.state.all[1], and a checkpoint would make two of it "
          "(allowed: every table in one place). Fix: keep it in one place, or a copy of it in the other");
  REQUIRE(trial_refusal("h.state.all = { { n = 0 } } h.state.now = { n = h.state.all[1].n }").empty());
}

TEST_CASE("names that hold a zero byte are read back whole") {
  const std::string text = with_stop("h.state['a\\0b'] = 1 return h.state['a\\0b'] and h.state.a == nil and 'whole'");
  LoadedText first(text);
  first.script.stop(one_evaluation());
  const Json saved = Json::parse(first.script.state().dump());
  LoadedText second(recipe_text(kTrain + "\n  score = function() return 1 end,\n  stop = function(h) return "
                                         "h.state['a\\0b'] == 1 and h.state.a == nil and 'whole' end,"));
  second.script.restore(saved);
  REQUIRE(second.script.stop(one_evaluation()).reason == "whole");
}
