#include "run/other_numerics.hpp"

#include "support/catch.hpp"

namespace engram::run {
namespace {

Json facts() {
  return {{"threads", 2}, {"cpu_capability", "AVX512"}, {"versions", {{"torch", "2.11.0"}}}, {"device", "cpu"}};
}

TEST_CASE("a run that goes on as it began has nothing to say about its numbers") {
  CHECK(other_numerics(facts(), facts()).empty());
}

TEST_CASE("another number of threads is told with both numbers and the setting") {
  Json now = facts();
  now["threads"] = 1;
  CHECK(other_numerics(facts(), now) ==
        std::vector<std::string>{"the run began with threads: 2, and goes on with 1: its numbers will not be exactly "
                                 "those of an uninterrupted run (set train.threads in a recipe whose runs must not "
                                 "depend on the machine)"});
}

TEST_CASE("instructions, torch and device are compared as well, each in a sentence of its own") {
  Json now = facts();
  now["cpu_capability"] = "AVX2";
  now["versions"]["torch"] = "2.15.0";
  now["device"] = "cuda:0";
  const std::vector<std::string> told = other_numerics(facts(), now);
  REQUIRE(told.size() == 3);
  CHECK(told[0].starts_with("the run began with processor instructions: AVX512, and goes on with AVX2: "));
  CHECK(told[1].starts_with("the run began with torch 2.11.0, and goes on with 2.15.0: "));
  CHECK(told[2].starts_with("the run began with device cpu, and goes on with cuda:0: "));
}

TEST_CASE("what an older manifest does not say is not compared") {
  CHECK(other_numerics(Json::object(), facts()).empty());
}

}  // namespace
}  // namespace engram::run
