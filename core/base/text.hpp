// Small text helpers shared by every room: nearest names for error messages, patterns, number formats.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engram::text {

// The entries of `known` closest to `name` by edit distance, best first; empty when nothing is close.
std::vector<std::string> nearest(std::string_view name, const std::vector<std::string>& known, size_t limit = 3);

// "; did you mean 'a' or 'b'?" built from nearest(), or "" when nothing is close.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);

// Shell-style match over the whole text: '*' any run of characters, '?' one character.
bool glob(std::string_view pattern, std::string_view text);

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string trim(std::string_view text);
// Every `from` becomes `to`.
std::string replaced(std::string text, std::string_view from, std::string_view to);

// 22713216 -> "22,713,216".
std::string thousands(int64_t number);
// Seconds as "43 s", "4 min 05 s", "2 h 03 min".
std::string duration(double seconds);
// Bytes as "86.7 MB" (powers of 1,000).
std::string bytes(uint64_t count);
// A tensor's sizes as "(3, 384)".
std::string shape(const std::vector<int64_t>& sizes);
// A fixed number of decimals, locale-independent.
std::string fixed(double number, int decimals);
// The shortest text that reads back as the same double ("0.1", "1e-05").
std::string shortest(double number);

}  // namespace engram::text
