// Whether bytes are text.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace engram {

// Position of the first byte that is no part of well-formed UTF-8 (Unicode 15, table 3-7); nothing if all is well.
std::optional<size_t> first_invalid_utf8(std::string_view bytes);

}  // namespace engram
