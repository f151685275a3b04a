#include "checkpoint/adapter_options.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "base/text.hpp"
#include "checkpoint/peft_names.hpp"
#include "engram/sdk/error.hpp"
#include "engram/sdk/match.hpp"
#include "model/view_lookup.hpp"

namespace engram::checkpoint {
namespace {

// Fifteen digits: a scale that was divided by a root and multiplied again leaves the sixteenth off.
std::string number_text(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.15g", value);
  return digits;
}

std::string list_text(const std::vector<std::string>& entries) { return "{ " + text::join(entries, ", ") + " }"; }

std::string quoted(const std::string& name) { return "\"" + name + "\""; }

// The last `count` segments of a dotted name.
std::string ending(const std::string& name, size_t count) {
  size_t at = name.size();
  while (count-- > 0 && at != std::string::npos && at > 0) at = name.rfind('.', at - 1);
  return at == std::string::npos ? name : name.substr(at + 1);
}

bool ends_in(const std::string& name, const std::string& ending) {
  return name == ending || name.ends_with("." + ending);
}

bool means(const sdk::ModelView& view, const sdk::Setting& targets, const std::vector<int64_t>& layers,
           const std::set<std::string>& sites) {
  try {
    const sdk::TargetMatch match = sdk::match_linear_sites(view, targets, {.layers = layers});
    return match.sites.size() == sites.size() &&
           std::all_of(match.sites.begin(), match.sites.end(),
                       [&](const auto& site) { return sites.contains(site.name); });
  } catch (const sdk::Error&) {
    return false;
  }
}

// The shortest wording of exactly these sites: endings of their names, in all blocks or some, else the names.
std::string targets_text(const sdk::ModelView& view, const std::set<std::string>& sites) {
  if (means(view, std::string("all-linear"), {}, sites)) return "targets = \"all-linear\"";
  std::set<int64_t> blocks;
  for (const std::string& site : sites) blocks.insert(model::linear_site_named(view, site)->layer);
  const std::vector<int64_t> layers(blocks.begin(), blocks.end());
  for (const size_t segments : {1, 2, 3}) {
    std::set<std::string> endings;
    for (const std::string& site : sites) endings.insert(ending(site, segments));
    const std::vector<std::string> targets(endings.begin(), endings.end());
    std::vector<std::string> words, numbers;
    for (const std::string& target : targets) words.push_back(quoted(target));
    for (const int64_t layer : layers) numbers.push_back(std::to_string(layer));
    if (means(view, targets, {}, sites)) return "targets = " + list_text(words);
    const bool in_blocks = layers.front() >= 0;
    if (in_blocks && means(view, targets, layers, sites)) {
      return "targets = " + list_text(words) + ", layers = " + list_text(numbers);
    }
  }
  std::vector<std::string> names;
  for (const std::string& site : sites) names.push_back(quoted(site));
  return "targets = " + list_text(names);
}

// A number for all sites, and the shortest endings of names for the others.
std::string numbers_text(const std::string& option, const std::map<std::string, std::string>& by_site) {
  std::map<std::string, size_t> counts;
  for (const auto& [site, number] : by_site) ++counts[number];
  const std::string common = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
                               return a.second < b.second;
                             })->first;
  std::map<std::string, std::string> patterns;
  for (const auto& [site, number] : by_site) {
    if (number == common) continue;
    std::string pattern = site;
    for (size_t segments = 3; segments > 0; --segments) {
      const std::string shorter = ending(site, segments);
      const bool fits = std::all_of(by_site.begin(), by_site.end(), [&](const auto& other) {
        return !ends_in(other.first, shorter) || other.second == number;
      });
      if (fits) pattern = shorter;
    }
    patterns[pattern] = number;
  }
  std::vector<std::string> entries;
  for (const auto& [pattern, number] : patterns) entries.push_back("[\"" + pattern + "\"] = " + number);
  return option + " = " + common + (entries.empty() ? "" : ", " + option + "_pattern = " + list_text(entries));
}

// Biases that were trained by themselves: no weight beside them was saved.
std::string bias_text(const Adapter& adapter, const sdk::ModelView& view) {
  std::set<std::string> names;
  for (const model::NamedTensor& entry : adapter.parameters) names.insert(entry.name);
  const auto alone = std::count_if(names.begin(), names.end(), [&](const std::string& name) {
    return is_bias(name) && !names.contains(name.substr(0, name.rfind('.')) + ".weight");
  });
  const auto biases = std::count_if(
      view.parameters.begin(), view.parameters.end(),
      [](const sdk::Parameter& parameter) { return parameter.role != sdk::Role::head && is_bias(parameter.name); });
  if (alone == 0) return "";
  return std::string(", bias = \"") + (alone == biases ? "all" : "lora_only") + "\"";
}

std::string lora_entry(const Adapter& adapter, const sdk::ModelView& view) {
  std::set<std::string> sites;
  std::map<std::string, std::string> ranks, alphas;
  bool dora = false;
  for (const PeftUpdate& update : adapter.updates) {
    const auto rank = static_cast<double>(update.a.size(0));
    sites.insert(update.site);
    ranks[update.site] = number_text(rank);
    alphas[update.site] = number_text(update.scale * (adapter.rslora ? std::sqrt(rank) : rank));
    dora = dora || update.magnitude.defined();
  }
  return "{ \"lora\", " + numbers_text("rank", ranks) + ", " + numbers_text("alpha", alphas) + ", " +
         "dropout = " + number_text(adapter.dropout) + ", " + targets_text(view, sites) +
         (adapter.rslora ? ", rslora = true" : "") + (dora ? ", dora = true" : "") + bias_text(adapter, view) + " }";
}

}  // namespace

std::string recipe_entry_for(const Adapter& adapter, const sdk::ModelView& view) {
  if (!adapter.virtual_tokens) return lora_entry(adapter, view);
  const bool is_prompt = adapter.virtual_tokens->kind == VirtualTokens::Kind::prompt;
  return std::string("{ \"") + (is_prompt ? "prompt_tuning" : "prefix_tuning") +
         "\", tokens = " + std::to_string(adapter.virtual_tokens->rows.size(0)) + " }";
}

}  // namespace engram::checkpoint
