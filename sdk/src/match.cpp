#include <engram/sdk/match.hpp>

#include <algorithm>
#include <functional>
#include <set>

#include <engram/sdk/error.hpp>

#include "nearest.hpp"
#include "site_patterns.hpp"

namespace engram::sdk {
namespace {

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

// Every layer has to be one of the model's, and named once.
void check_layers(const ModelView& model, const std::vector<int64_t>& layers) {
  std::vector<std::string> beyond;
  std::set<int64_t> seen;
  for (const int64_t layer : layers) {
    if (layer < 0 || layer >= model.layers) beyond.push_back(std::to_string(layer));
    if (!seen.insert(layer).second) throw Error("layers names " + std::to_string(layer) + " twice");
  }
  if (beyond.empty()) return;
  throw Error(
      "layers names " + joined(beyond, ", ") + ", but the model has " + std::to_string(model.layers) + " layers",
      "choose from 0 to " + std::to_string(model.layers - 1));
}

// The sites that patterns may mean at all.
std::vector<LinearSite> candidates(const ModelView& model, const std::vector<int64_t>& layers) {
  std::vector<LinearSite> sites;
  for (const LinearSite& site : model.linear_sites) {
    if (site.role == Role::head) continue;
    const bool in_block = site.role == Role::block && std::count(layers.begin(), layers.end(), site.layer) > 0;
    if (layers.empty() || in_block) sites.push_back(site);
  }
  if (sites.empty()) throw Error("the model has no linear sites that accept adapters");
  return sites;
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

// The shortest ways to name each kind of site: "query", "dense".
std::string last_names(const std::vector<LinearSite>& sites) {
  std::set<std::string> names;
  for (const LinearSite& site : sites) names.insert(site.name.substr(site.name.rfind('.') + 1));
  return joined({names.begin(), names.end()}, ", ");
}

// One list of patterns against the candidates: which sites, and how many each pattern matches.
TargetMatch matched(const std::vector<SitePattern>& patterns, const std::vector<LinearSite>& sites) {
  TargetMatch match;
  for (const SitePattern& pattern : patterns) match.counts.emplace_back(pattern.text, 0);
  for (const LinearSite& site : sites) {
    bool any = false;
    for (size_t i = 0; i < patterns.size(); ++i) {
      if (!patterns[i].matches(site.name)) continue;
      ++match.counts[i].second;
      any = true;
    }
    if (any) match.sites.push_back(site);
  }
  return match;
}

[[noreturn]] void refuse_unmatched(const TargetMatch& match, const std::vector<LinearSite>& sites,
                                   const TargetLimits& limits, bool is_expression) {
  std::vector<std::string> layers, faults, others;
  for (const int64_t layer : limits.layers) layers.push_back(std::to_string(layer));
  const std::string among = layers.empty() ? "" : " of the layers " + joined(layers, ", ");
  for (const auto& [pattern, count] : match.counts) {
    if (count > 0) {
      others.push_back(pattern + " " + std::to_string(count));
    } else if (is_expression) {
      faults.push_back("the regular expression '" + pattern + "' matches the full name of no linear site" + among);
    } else {
      faults.push_back("the target '" + pattern + "' matches no linear site" + among +
                       did_you_mean(pattern, possible_entries(sites)));
    }
  }
  if (!others.empty()) faults.push_back("sites matched by the others: " + joined(others, ", "));
  throw Error(joined(faults, "; "),
              "choose from " + last_names(sites) + ", longer suffixes of a site's name, or \"all-linear\"");
}

bool has_gaps(const TargetMatch& match) {
  return std::any_of(match.counts.begin(), match.counts.end(), [](const auto& entry) { return entry.second == 0; });
}

bool is_empty(const Setting& setting) {
  const auto* list = std::get_if<std::vector<std::string>>(&setting);
  return std::holds_alternative<std::monostate>(setting) || (list != nullptr && list->empty());
}

// What is left of the targets; every entry of `exclude` has to take something, and none may take a whole target.
TargetMatch without(const TargetMatch& targets, const std::vector<SitePattern>& patterns, const Setting& exclude) {
  const TargetMatch taken = matched(site_patterns("exclude", exclude), targets.sites);
  std::vector<std::string> faults;
  for (const auto& [pattern, count] : taken.counts) {
    if (count == 0) {
      faults.push_back("exclude '" + pattern + "' takes out none of the " + std::to_string(targets.sites.size()) +
                       " targets" + did_you_mean(pattern, possible_entries(targets.sites)));
    }
  }
  std::set<std::string> names;
  for (const LinearSite& site : taken.sites) names.insert(site.name);
  std::vector<LinearSite> left;
  for (const LinearSite& site : targets.sites) {
    if (names.count(site.name) == 0) left.push_back(site);
  }
  const TargetMatch rest = matched(patterns, left);
  for (const auto& [pattern, count] : rest.counts) {
    if (count == 0) faults.push_back("exclude takes out every site of the target '" + pattern + "'");
  }
  if (!faults.empty()) throw Error(joined(faults, "; "), "drop the entry, or correct it");
  return rest;
}

}  // namespace

std::string TargetMatch::text() const {
  std::vector<std::string> parts;
  for (const auto& [pattern, count] : counts) parts.push_back(pattern + " " + std::to_string(count));
  return joined(parts, ", ");
}

TargetMatch match_linear_sites(const ModelView& model, const Setting& targets, const TargetLimits& limits) {
  check_layers(model, limits.layers);
  const std::vector<LinearSite> sites = candidates(model, limits.layers);
  const std::vector<SitePattern> patterns = site_patterns("targets", targets);
  const TargetMatch match = matched(patterns, sites);
  if (has_gaps(match)) refuse_unmatched(match, sites, limits, std::holds_alternative<std::string>(targets));
  return is_empty(limits.exclude) ? match : without(match, patterns, limits.exclude);
}

std::vector<double> numbers_by_site(const TargetMatch& match, const std::string& setting,
                                    const std::map<std::string, double>& patterns, double otherwise) {
  std::vector<double> numbers(match.sites.size(), otherwise);
  std::vector<std::string> owners(match.sites.size()), faults;
  for (const auto& [text, number] : patterns) {
    const SitePattern pattern = ending_pattern(setting, text);
    bool any = false;
    for (size_t i = 0; i < match.sites.size(); ++i) {
      if (!pattern.matches(match.sites[i].name)) continue;
      any = true;
      if (!owners[i].empty() && numbers[i] != number) {
        throw Error(setting + ": '" + owners[i] + "' and '" + text + "' both match " + match.sites[i].name +
                        " and give it different numbers",
                    "write patterns of which only one matches a site");
      }
      owners[i] = text;
      numbers[i] = number;
    }
    if (!any) {
      faults.push_back(setting + " '" + text + "' matches none of the " + std::to_string(match.sites.size()) +
                       " targets" + did_you_mean(text, possible_entries(match.sites)));
    }
  }
  if (!faults.empty()) throw Error(joined(faults, "; "), "choose from " + last_names(match.sites));
  return numbers;
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
