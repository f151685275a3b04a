#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/case.hpp"

namespace engram::text {
namespace {

// Damerau-Levenshtein distance (optimal string alignment), ignoring ASCII case.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t cost = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

// "lora_alpha" has the part "alpha".
bool has_part(std::string_view text, std::string_view part) {
  const size_t at = text.size() - std::min(text.size(), part.size());
  return at > 0 && part.size() > 2 && text[at - 1] == '_' && text.substr(at) == part;
}

bool starts_with(std::string_view text, std::string_view start) {
  return !start.empty() && text.substr(0, start.size()) == start;
}

}  // namespace

std::vector<std::string> nearest(std::string_view name, const std::vector<std::string>& known, size_t limit) {
  constexpr size_t kLongestName = 200;  // the distance takes the product of both lengths
  std::vector<std::pair<size_t, std::string>> scored;
  if (name.size() > kLongestName) return {};
  for (const std::string& candidate : known) {
    if (candidate.empty() || candidate.size() > kLongestName) continue;
    const size_t d = distance(name, candidate);
    const size_t longer = std::max(name.size(), candidate.size());
    const size_t allowed = std::min(longer - 1, std::max<size_t>(2, longer / 3));  // some character is the same
    const bool prefix = starts_with(candidate, name) || starts_with(name, candidate) || has_part(name, candidate);
    if (d <= allowed || prefix) scored.emplace_back(prefix ? std::min<size_t>(d, 2) : d, candidate);
  }
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (auto& [d, candidate] : scored) {
    if (names.size() == limit) break;
    names.push_back(std::move(candidate));
  }
  return names;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  const std::vector<std::string> close = nearest(name, known);
  if (close.empty()) return "";
  std::string text = "; did you mean '" + close.front() + "'";
  for (size_t i = 1; i < close.size(); ++i) text += (i + 1 == close.size() ? " or '" : ", '") + close[i] + "'";
  return text + "?";
}

bool glob(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] != '*' && pattern[p] == text[t]))) {
      ++p, ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (true) {
    const size_t end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += separator;
    text += parts[i];
  }
  return text;
}

std::string trim(std::string_view text) {
  const char* blank = " \t\r\n\f\v";
  const size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(blank) - first + 1));
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string shape(const std::vector<int64_t>& sizes) {
  std::vector<std::string> parts;
  for (const int64_t size : sizes) parts.push_back(std::to_string(size));
  return "(" + join(parts, ", ") + ")";
}

std::string thousands(int64_t number) {
  std::string digits = std::to_string(number < 0 ? -number : number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<size_t>(at), ",");
  return number < 0 ? "-" + digits : digits;
}

std::string duration(double seconds) {
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  std::array<char, 64> buffer{};
  if (whole < 60) {
    std::snprintf(buffer.data(), buffer.size(), "%lld s", static_cast<long long>(whole));
  } else if (whole < 3600) {
    std::snprintf(buffer.data(), buffer.size(), "%lld min %02lld s", static_cast<long long>(whole / 60),
                  static_cast<long long>(whole % 60));
  } else {
    std::snprintf(buffer.data(), buffer.size(), "%lld h %02lld min", static_cast<long long>(whole / 3600),
                  static_cast<long long>(whole % 3600 / 60));
  }
  return buffer.data();
}

std::string bytes(uint64_t count) {
  constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  double size = static_cast<double>(count);
  size_t unit = 0;
  while (size >= 1000 && unit + 1 < kUnits.size()) {
    size /= 1000;
    ++unit;
  }
  return (unit == 0 ? std::to_string(count) : fixed(size, 1)) + " " + kUnits[unit];
}

std::string fixed(double number, int decimals) {
  std::array<char, 400> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed, decimals);
  return {buffer.data(), end.ptr};
}

std::string shortest(double number) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), end.ptr};
}

}  // namespace engram::text
