#include <engram/sdk/match.hpp>

#include <algorithm>
#include <functional>
#include <regex>
#include <set>

#include <engram/sdk/error.hpp>

#include "nearest.hpp"

namespace engram::sdk {
namespace {

constexpr const char* kAllLinear = "all-linear";

struct Pattern {
  std::string text;
  std::function<bool(const std::string&)> matches;
};

bool is_suffix(const std::string& name, const std::string& entry) {
  if (name == entry) return true;
  return name.size() > entry.size() && name[name.size() - entry.size() - 1] == '.' &&
         name.compare(name.size() - entry.size(), entry.size(), entry) == 0;
}

Pattern expression(const std::string& text) {
  try {
    return {text, [compiled = std::regex(text)](const std::string& name) { return std::regex_match(name, compiled); }};
  } catch (const std::regex_error&) {
    throw Error("targets is one string, '" + text + "', and no valid regular expression",
                "write a list such as { \"query\", \"value\" }, or correct the expression (ECMAScript syntax)");
  }
}

std::vector<Pattern> patterns_of(const Setting& targets) {
  if (const auto* one = std::get_if<std::string>(&targets)) {
    if (*one == kAllLinear) return {{*one, [](const std::string&) { return true; }}};
    return {expression(*one)};
  }
  const auto* list = std::get_if<std::vector<std::string>>(&targets);
  if (list == nullptr) throw Error("targets must be a list of strings or one string");
  if (list->empty()) throw Error("targets is empty", "name at least one target, for instance \"query\"");
  std::vector<Pattern> patterns;
  for (const std::string& entry : *list) {
    patterns.push_back({entry, [entry](const std::string& name) { return is_suffix(name, entry); }});
  }
  return patterns;
}

// Every dotted suffix that starts behind the layer number, and the full names: what an entry could have meant.
std::vector<std::string> possible_entries(const std::vector<LinearSite>& sites) {
  std::set<std::string> entries;
  for (const LinearSite& site : sites) {
    std::string rest = site.name;
    while (true) {
      if (!std::isdigit(static_cast<unsigned char>(rest.front()))) entries.insert(rest);
      const size_t dot = rest.find('.');
      if (dot == std::string::npos) break;
      rest = rest.substr(dot + 1);
    }
  }
  return {entries.begin(), entries.end()};
}

// The shortest ways to name each kind of site: "query", "intermediate.dense".
std::string last_names(const std::vector<LinearSite>& sites) {
  std::set<std::string> names;
  for (const LinearSite& site : sites) names.insert(site.name.substr(site.name.rfind('.') + 1));
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

[[noreturn]] void refuse(const TargetMatch& match, const std::vector<LinearSite>& candidates, bool is_expression) {
  std::string what;
  for (const auto& [pattern, count] : match.counts) {
    if (count > 0) continue;
    what += what.empty() ? "" : "; ";
    what += is_expression ? "the regular expression '" + pattern + "' matches the full name of no linear site"
                          : "the target '" + pattern + "' matches no linear site" +
                                did_you_mean(pattern, possible_entries(candidates));
  }
  std::string matched;
  for (const auto& [pattern, count] : match.counts) {
    if (count > 0) matched += (matched.empty() ? "" : ", ") + pattern + " " + std::to_string(count);
  }
  if (!matched.empty()) what += "; sites matched by the others: " + matched;
  throw Error(what, "choose from " + last_names(candidates) + ", longer suffixes of a site's name, or \"all-linear\"");
}

}  // namespace

std::string TargetMatch::text() const {
  std::string line;
  for (const auto& [pattern, count] : counts)
    line += (line.empty() ? "" : ", ") + pattern + " " + std::to_string(count);
  return line;
}

TargetMatch match_linear_sites(const ModelView& model, const Setting& targets) {
  std::vector<LinearSite> candidates;
  for (const LinearSite& site : model.linear_sites) {
    if (site.role != Role::head) candidates.push_back(site);
  }
  if (candidates.empty()) throw Error("the model has no linear sites that accept adapters");
  const std::vector<Pattern> patterns = patterns_of(targets);
  TargetMatch match;
  for (const Pattern& pattern : patterns) match.counts.emplace_back(pattern.text, 0);
  for (const LinearSite& site : candidates) {
    bool any = false;
    for (size_t i = 0; i < patterns.size(); ++i) {
      if (!patterns[i].matches(site.name)) continue;
      ++match.counts[i].second;
      any = true;
    }
    if (any) match.sites.push_back(site);
  }
  const auto unmatched = [](const auto& entry) { return entry.second == 0; };
  if (std::any_of(match.counts.begin(), match.counts.end(), unmatched)) {
    refuse(match, candidates, std::holds_alternative<std::string>(targets));
  }
  return match;
}

void check_rank(int64_t rank, const TargetMatch& match) {
  std::string names;
  int64_t bound = rank;
  int64_t count = 0;
  for (const LinearSite& site : match.sites) {
    const int64_t least = std::min(site.in, site.out);
    if (rank <= least) continue;
    if (count++ == 0) names = site.name + " (" + std::to_string(site.out) + " x " + std::to_string(site.in) + ")";
    bound = std::min(bound, least);
  }
  if (count == 0) return;
  if (count > 1) names += " and " + std::to_string(count - 1) + " more";
  throw Error("rank " + std::to_string(rank) + " is larger than the smaller side of " + names,
              "a rank of at most " + std::to_string(bound) + " fits every target");
}

}  // namespace engram::sdk
