#include "base/whole_number.hpp"

#include <limits>

namespace engram {

int64_t whole_number(const Json& value) {
  constexpr int kIsOfAnotherType = 302;  // nlohmann's number of that error
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() || value.get<uint64_t>() <= std::numeric_limits<int64_t>::max());
  if (!fits) throw Json::type_error::create(kIsOfAnotherType, value.dump() + " is no whole number of 64 bits", &value);
  return value.get<int64_t>();
}

}  // namespace engram
