#include "nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace engram::sdk {
namespace {

// Levenshtein distance, one row at a time.
size_t distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
    }
  }
  return row[b.size()];
}

}  // namespace

std::string did_you_mean(const std::string& name, const std::vector<std::string>& known) {
  constexpr size_t kShown = 2;
  std::vector<std::pair<size_t, std::string>> close;
  for (const std::string& candidate : known) {
    const size_t d = distance(name, candidate);
    if (d <= std::max<size_t>(2, std::max(name.size(), candidate.size()) / 3)) close.emplace_back(d, candidate);
  }
  std::stable_sort(close.begin(), close.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (size_t i = 0; i < std::min(kShown, close.size()); ++i) {
    text += (i == 0 ? "; did you mean '" : " or '") + close[i].second + "'";
  }
  return text.empty() ? "" : text + "?";
}

}  // namespace engram::sdk
