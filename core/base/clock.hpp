// The time of day, for records.
#pragma once

#include <string>

namespace engram {

// Now, in UTC, as "2025-03-01T12:00:00Z" (ISO 8601, whole seconds).
std::string utc_now();

}  // namespace engram
