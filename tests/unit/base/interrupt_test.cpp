#include "base/interrupt.hpp"

#include <csignal>

#include "support/catch.hpp"

namespace engram {

TEST_CASE("a signal sets a flag that loops see, and clearing it starts anew", "[base]") {
  interrupt::clear();
  CHECK_NOTHROW(interrupt::check());
  interrupt::watch();
  std::raise(SIGTERM);
  CHECK(interrupt::requested());
  CHECK_THROWS_AS(interrupt::check(), interrupt::Interrupted);
  interrupt::clear();
  CHECK_FALSE(interrupt::requested());
  interrupt::request();
  CHECK(interrupt::requested());
  interrupt::clear();
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
}

}  // namespace engram
