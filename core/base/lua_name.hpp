// Names as Lua writes them without quotes: letters, digits and '_', no digit first.
#pragma once

#include <algorithm>
#include <cctype>
#include <string_view>

namespace engram {

inline bool is_lua_name(std::string_view name) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits) &&
         std::isdigit(static_cast<unsigned char>(name.front())) == 0;
}

}  // namespace engram
