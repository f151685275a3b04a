#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "base/files.hpp"
#include "data/example_cache.hpp"
#include "data/examples.hpp"

namespace engram::data {
namespace {

std::optional<int64_t> as_integer(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::vector<std::string> label_names(const Table& table) {
  std::set<std::string> distinct;
  for (const Row& row : table.rows) {
    if (row.label) distinct.insert(*row.label);
  }
  std::vector<std::string> names(distinct.begin(), distinct.end());
  const bool integers =
      std::all_of(names.begin(), names.end(), [](const auto& name) { return as_integer(name).has_value(); });
  if (integers) {
    std::stable_sort(names.begin(), names.end(),
                     [](const auto& a, const auto& b) { return *as_integer(a) < *as_integer(b); });
  }
  return names;
}

std::vector<std::string> label_names(const recipe::DataSet& set, const std::filesystem::path& file) {
  const std::filesystem::path cache = label_names_cache_file(sha256_of_file(file), reading_settings(set, file));
  if (const auto cached = read_label_names_cache(cache)) return *cached;
  const std::vector<std::string> names = label_names(read_table(set, file));
  write_label_names_cache(cache, names);
  return names;
}

}  // namespace engram::data
