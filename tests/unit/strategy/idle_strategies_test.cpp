// Strategies without which the same would train, at the same rates.
#include "strategy/idle_strategies.hpp"
#include "claims.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;
using test::adapt_query;
using test::claims;
using test::kQuery0;

namespace {

using Fill = std::function<void(sdk::Plan&)>;

// The warnings about one strategy, beside others.
std::vector<std::string> warnings(const Fill& fill, std::vector<StrategyClaims> others = {}) {
  others.push_back(claims("tested", 9, fill));
  return warnings_of_idle(test::small_view(), others);
}

const std::vector<std::string> kIdle = {
    "strategy 'tested' changes nothing: what trains, from when and at which rate is the same without it "
    "(recipe.lua:9)"};

}  // namespace

TEST_CASE("freezing what an adapter strategy froze anyway changes nothing") {
  const Fill freeze = [](sdk::Plan& plan) { plan.freeze("encoder.*"); };
  CHECK(warnings(freeze, {claims("lora", 7, adapt_query)}) == kIdle);
  CHECK(warnings(freeze).empty());
}

TEST_CASE("training what trains anyway changes nothing, from a later step it does") {
  CHECK(warnings([](sdk::Plan& plan) { plan.train("*"); }) == kIdle);
  CHECK(warnings([](sdk::Plan& plan) { plan.train("*", {.step = 3}); }).empty());
  CHECK(warnings([](sdk::Plan& plan) { plan.train("*"); }, {claims("lora", 7, adapt_query)}).empty());
}

TEST_CASE("groups whose every scale is 1 change nothing, a weight decay does") {
  CHECK(warnings([](sdk::Plan& plan) { plan.group("*", 1); }) == kIdle);
  CHECK(warnings([](sdk::Plan& plan) { plan.group("encoder.*", 0.5); }).empty());
  CHECK(warnings([](sdk::Plan& plan) { plan.group("*", 1, 0.1); }).empty());
}

TEST_CASE("a strategy that does anything else, or only watches, is not idle") {
  CHECK(warnings([](sdk::Plan&) {}).empty());
  CHECK(warnings([](sdk::Plan& plan) {
          plan.train("*");
          adapt_query(plan);
        }).empty());
  CHECK(warnings([](sdk::Plan& plan) {
          plan.group("*", 1);
          plan.snapshot(kQuery0 + ".weight");
        }).empty());
}
