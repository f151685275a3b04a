// Bytes of a text file to UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "base/utf8.hpp"

namespace engram::data {

using engram::first_invalid_utf8;

// Every byte is the Unicode character of the same number.
std::string utf8_from_iso_8859_1(std::string_view bytes);

// The byte-order mark that `bytes` start with: "UTF-8", "UTF-16", or "" when there is none.
std::string_view byte_order_mark(std::string_view bytes);

}  // namespace engram::data
