// Whole numbers in JSON that somebody else may have written.
#pragma once

#include <cstdint>

#include "base/json.hpp"

namespace engram {

// A whole number of 64 bits with sign. nlohmann's get<int64_t>() also takes 2.7, and numbers that no int64_t holds.
// Throws Json::type_error, as get() does.
int64_t whole_number(const Json& value);

}  // namespace engram
