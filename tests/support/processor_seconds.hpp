// Time that this program has spent computing: other work on the machine does not count, as it would by the clock.
#pragma once

#include <ctime>

namespace engram::test {

inline double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace engram::test
