#include <engram/sdk.hpp>

#include "support/catch.hpp"

using namespace engram;

TEST_CASE("settings come back under the kind they were declared with") {
  const sdk::Settings settings({{"on", true},
                                {"rank", int64_t{8}},
                                {"alpha", 32.0},
                                {"bias", std::string("none")},
                                {"targets", std::vector<std::string>{"query", "value"}}});
  REQUIRE(settings.boolean("on"));
  REQUIRE(settings.integer("rank") == 8);
  REQUIRE(settings.number("alpha") == 32.0);
  REQUIRE(settings.string("bias") == "none");
  REQUIRE(settings.strings("targets") == std::vector<std::string>{"query", "value"});
}

TEST_CASE("one string where a list is declared reads as a list of one, and setting() keeps the difference") {
  const sdk::Settings settings({{"targets", std::string("all-linear")}});
  REQUIRE(settings.strings("targets") == std::vector<std::string>{"all-linear"});
  REQUIRE(std::holds_alternative<std::string>(settings.setting("targets")));
}

TEST_CASE("a setting that was never declared, or as another kind, is an error of the strategy") {
  const sdk::Settings settings({{"rank", int64_t{8}}});
  REQUIRE_THROWS_WITH(settings.integer("rnak"), "the strategy reads the setting 'rnak', which it never declared");
  REQUIRE_THROWS_WITH(settings.number("rank"), "the strategy reads the setting 'rank' as a number, declared otherwise");
}
