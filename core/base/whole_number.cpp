#include "base/whole_number.hpp"

#include <limits>

namespace engram {

bool is_whole_number(const Json& value) {
  return value.is_number_integer() &&
         (!value.is_number_unsigned() || value.get<uint64_t>() <= std::numeric_limits<int64_t>::max());
}

int64_t whole_number(const Json& value) {
  constexpr int kIsOfAnotherType = 302;  // nlohmann's number of that error
  if (is_whole_number(value)) return value.get<int64_t>();
  throw Json::type_error::create(kIsOfAnotherType, value.dump() + " is no whole number of 64 bits", &value);
}

}  // namespace engram
