#include "base/clock.hpp"

#include <ctime>

#include "support/catch.hpp"

TEST_CASE("the time of day is now, in UTC, to the second") {
  const std::time_t before = std::time(nullptr);
  const std::string told = engram::utc_now();
  std::tm parts{};
  const char* end = strptime(told.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  REQUIRE(end == told.c_str() + told.size());
  const std::time_t read = timegm(&parts);
  REQUIRE(read >= before);
  REQUIRE(read <= std::time(nullptr));
}
