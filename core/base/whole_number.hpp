// Whole numbers in JSON that somebody else may have written.
#pragma once

#include <cstdint>

#include "base/json.hpp"

namespace engram {

// Whether it is a whole number that an int64_t holds. nlohmann's get<int64_t>() also takes 2.7 and 1e300.
bool is_whole_number(const Json& value);
// Throws Json::type_error, as get() does, when it is none.
int64_t whole_number(const Json& value);

}  // namespace engram
