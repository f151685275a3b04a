// Bytes of a text file to UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace engram::data {

// Position of the first byte that is no part of well-formed UTF-8 (Unicode 15, table 3-7); nothing if all is well.
std::optional<size_t> first_invalid_utf8(std::string_view bytes);

// Every byte is the Unicode character of the same number.
std::string utf8_from_iso_8859_1(std::string_view bytes);

// The byte-order mark that `bytes` start with: "UTF-8", "UTF-16", or "" when there is none.
std::string_view byte_order_mark(std::string_view bytes);

}  // namespace engram::data
