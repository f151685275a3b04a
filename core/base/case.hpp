// Letters without case, for names that are compared as people read them.
#pragma once

#include <string>

namespace engram::text {

// ASCII alone, whatever the locale: bytes of other characters stay as they are.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string lower(std::string text) {
  for (char& c : text) c = lower(c);
  return text;
}

}  // namespace engram::text
