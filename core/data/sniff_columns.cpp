#include "data/sniff_columns.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace engram::data {
namespace {

constexpr std::array<std::string_view, 17> kLabelNames = {
    "label", "labels", "class", "category", "target",       "intent",     "sentiment",  "topic",      "type",
    "tag",   "y",      "gold",  "emotion",  "coarse_label", "label_text", "gold_label", "class_index"};
constexpr std::array<std::string_view, 18> kTextNames = {
    "text",    "sentence", "question", "title", "body",      "description", "content",    "message", "review",
    "comment", "tweet",    "headline", "query", "utterance", "document",    "sentence_1", "premise", "input"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kPairEnds = {
    {{"1", "2"}, {"_a", "_b"}, {"premise", "hypothesis"}, {"first", "second"}, {"left", "right"}}};

// What the values of one column look like.
struct Profile {
  size_t rows = 0;
  size_t distinct = 0;
  double mean_length = 0;
  double share_with_space = 0;
  bool numeric = true;
};

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string::npos &&
         text.find_first_of("0123456789") != std::string::npos;
}

Profile profile_of(const std::vector<Cell>& column) {
  Profile profile{.rows = column.size()};
  std::set<std::string> distinct;
  for (const Cell& cell : column) {
    const std::string value = cell.value_or("");
    distinct.insert(value);
    profile.mean_length += static_cast<double>(value.size());
    profile.share_with_space += value.find(' ') != std::string::npos ? 1 : 0;
    profile.numeric = profile.numeric && is_number(value);
  }
  profile.distinct = distinct.size();
  const double rows = std::max<double>(1, static_cast<double>(column.size()));
  profile.mean_length /= rows;
  profile.share_with_space /= rows;
  return profile;
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

template <class Known>
bool known(const Known& names, const std::string& name) {
  return std::find(names.begin(), names.end(), lower(name)) != names.end();
}

bool could_be_label(const Profile& profile) {
  const size_t most = std::max<size_t>(2, std::min<size_t>(profile.rows / 2, 500));
  return profile.distinct <= most && profile.mean_length < 60;
}

std::optional<size_t> label_column(const std::vector<std::string>& names, const std::vector<Profile>& profiles) {
  std::optional<size_t> best;
  for (size_t i = 0; i < profiles.size(); ++i) {
    if (!could_be_label(profiles[i])) continue;
    if (i < names.size() && known(kLabelNames, names[i])) return i;
    const bool spread = profiles[i].distinct >= 2 && profiles[i].share_with_space < 0.5;
    if (spread && (!best || profiles[i].distinct < profiles[*best].distinct)) best = i;
  }
  return best;
}

// The two columns whose names say that they are a pair.
std::optional<std::pair<size_t, size_t>> named_pair(const std::vector<std::string>& names) {
  for (size_t a = 0; a < names.size(); ++a) {
    for (const auto& [first, second] : kPairEnds) {
      const std::string name = lower(names[a]);
      if (!name.ends_with(first)) continue;
      const std::string other = name.substr(0, name.size() - first.size()) + std::string(second);
      for (size_t b = 0; b < names.size(); ++b) {
        if (lower(names[b]) == other) return std::pair{a, b};
      }
    }
  }
  return std::nullopt;
}

}  // namespace

ColumnRoles column_roles(const std::vector<std::string>& names, const std::vector<std::vector<Cell>>& columns) {
  std::vector<Profile> profiles;
  for (const auto& column : columns) profiles.push_back(profile_of(column));
  ColumnRoles roles{.label = label_column(names, profiles)};
  const auto reads_as_text = [&](size_t i) {
    return i != roles.label && !profiles[i].numeric && profiles[i].share_with_space >= 0.2;
  };
  if (const auto pair = named_pair(names); pair && reads_as_text(pair->first) && reads_as_text(pair->second)) {
    roles.text = {pair->first};
    roles.pair = {pair->second};
    return roles;
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    const bool named = i < names.size() && known(kTextNames, names[i]);
    if (i != roles.label && (named || (names.empty() && reads_as_text(i)))) roles.text.push_back(i);
  }
  if (!roles.text.empty()) return roles;
  // No name helps: the one column with the longest texts.
  std::optional<size_t> longest;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i == roles.label || profiles[i].numeric) continue;
    if (!longest || profiles[i].mean_length > profiles[*longest].mean_length) longest = i;
  }
  if (longest) roles.text = {*longest};
  return roles;
}

bool looks_like_header(const std::vector<std::string>& first, const std::vector<std::vector<Cell>>& rest) {
  const std::set<std::string> distinct(first.begin(), first.end());
  if (distinct.size() != first.size()) return false;
  bool named = false;
  for (const std::string& value : first) {
    if (value.empty() || value.size() > 60 || is_number(value)) return false;
    named = named || known(kLabelNames, value) || known(kTextNames, value);
  }
  if (named) return true;
  for (size_t i = 0; i < first.size() && i < rest.size(); ++i) {
    const Profile profile = profile_of(rest[i]);
    if (profile.rows > 0 && (profile.numeric || profile.mean_length > 3 * static_cast<double>(first[i].size())))
      return true;
  }
  return false;
}

}  // namespace engram::data
