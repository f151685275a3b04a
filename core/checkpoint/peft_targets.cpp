#include "checkpoint/peft_targets.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "checkpoint/peft_names.hpp"
#include "checkpoint/peft_regex.hpp"

namespace engram::checkpoint {
namespace {

bool is_name_or_ending(const std::string& entry, const std::string& module) {
  return module == entry || module.ends_with("." + entry);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

class Targets {
 public:
  Targets(const PeftConfig& config, const sdk::ModelView& view, PeftClass trained_on) : config_(config), view_(view) {
    for (const sdk::LinearSite& site : view.linear_sites) {
      if (site.role != sdk::Role::head) sites_.push_back(site);
    }
    for (const sdk::LinearSite& site : sites_) modules_.push_back(peft_name(trained_on, view, site.name));
  }

  std::vector<sdk::LinearSite> find() {
    read_targets();
    read_limits();
    std::vector<sdk::LinearSite> found;
    for (size_t i = 0; i < sites_.size(); ++i) {
      if (!is_excluded(modules_[i]) && is_target(modules_[i])) found.push_back(sites_[i]);
    }
    if (found.empty() && is_sound_) fault("target_modules, within its limits, leaves no linear site");
    return found;
  }

 private:
  void fault(const std::string& what, const std::string& allowed = {}) {
    config_.faults().add(what, allowed);
    is_sound_ = false;
  }

  void read_targets() {
    const Json* said = config_.find("target_modules");
    if (said != nullptr && said->is_string()) {
      const std::string text = said->get<std::string>();
      if (lower(text) == "all-linear") return void(all_linear_ = true);
      expression_ = compiled(text);
      if (!expression_)
        return fault("target_modules is " + shown(*said), "names, \"all-linear\" or a regular expression");
      const bool any = std::any_of(modules_.begin(), modules_.end(), [&](const auto& m) { return matches(m); });
      if (!any)
        fault("the regular expression " + shown(*said) + " of target_modules matches the full name of no linear site");
      return;
    }
    names_ = config_.texts("target_modules");
    if (said == nullptr) names_ = {"query", "value"};  // peft's choice for BERT
    if (names_.empty()) return fault("target_modules is empty");
    check_names();
  }

  // Every misspelt name, and how many sites the others match.
  void check_names() {
    std::vector<std::string> misspelt, others;
    for (const std::string& name : names_) {
      const auto count = std::count_if(modules_.begin(), modules_.end(),
                                       [&](const std::string& module) { return is_name_or_ending(name, module); });
      if (count == 0) misspelt.push_back(name);
      if (count > 0) others.push_back(name + " " + std::to_string(count));
    }
    for (const std::string& name : misspelt) {
      const bool is_table =
          std::any_of(view_.embedding_sites.begin(), view_.embedding_sites.end(),
                      [&](const auto& site) { return is_name_or_ending(name, view_.family + "." + site.name); });
      fault("'" + name + "' of target_modules " +
            (is_table ? "is an embedding, which engram does not adapt"
                      : "matches no linear site" + text::did_you_mean(name, endings_of(modules_))) +
            (others.empty() ? "" : "; sites matched by the others: " + text::join(others, ", ")));
    }
  }

  void read_limits() {
    const Json* exclude = config_.find("exclude_modules");
    if (exclude != nullptr && exclude->is_string()) {
      exclude_expression_ = compiled(exclude->get<std::string>());
      if (!exclude_expression_) fault("exclude_modules is " + shown(*exclude), "names, or a regular expression");
    } else {
      exclude_ = config_.texts("exclude_modules");
    }
    for (const std::string& module : config_.saved_modules()) {
      if (const auto saved = compiled("(^|.*\\.)" + module + "($|\\..*)")) saved_.push_back(*saved);
    }
    layers_ = config_.whole_numbers("layers_to_transform");
    for (const int64_t layer : layers_) {
      if (layer >= 0 && layer < view_.layers) continue;
      fault("layers_to_transform has the layer " + std::to_string(layer),
            "0 to " + std::to_string(view_.layers - 1) + " for this model");
    }
    for (const std::string& pattern : config_.texts("layers_pattern")) read_layers_pattern(pattern);
  }

  void read_layers_pattern(const std::string& pattern) {
    const std::optional<std::regex> stem = compiled("(.*\\.)?(" + pattern + ")");
    const bool fits = stem && std::any_of(modules_.begin(), modules_.end(),
                                          [&](const std::string& module) { return layer_of(module, &*stem) >= 0; });
    if (fits) return layer_stems_.push_back(*stem);
    fault("layers_pattern '" + pattern + "' is the name of no list of blocks", "\"layer\" for this model");
  }

  bool is_excluded(const std::string& module) const {
    const auto fits = [&](const std::string& name) { return is_name_or_ending(name, module); };
    const auto saves = [&](const std::regex& saved) { return std::regex_match(module, saved); };
    if (exclude_expression_ && std::regex_match(module, *exclude_expression_)) return true;
    return std::any_of(exclude_.begin(), exclude_.end(), fits) || std::any_of(saved_.begin(), saved_.end(), saves);
  }

  bool matches(const std::string& module) const { return std::regex_match(module, *expression_); }

  // peft limits by layer what an ending matches, and neither full names nor expressions.
  bool is_target(const std::string& module) const {
    if (all_linear_) return true;
    if (expression_) return matches(module);
    if (std::find(names_.begin(), names_.end(), module) != names_.end()) return true;
    const auto fits = [&](const std::string& name) { return is_name_or_ending(name, module); };
    if (std::none_of(names_.begin(), names_.end(), fits)) return false;
    return layers_.empty() || std::find(layers_.begin(), layers_.end(), layer_of(module)) != layers_.end();
  }

  int64_t layer_of(const std::string& module) const {
    if (layer_stems_.empty()) return layer_of(module, nullptr);
    for (const std::regex& stem : layer_stems_) {
      const int64_t layer = layer_of(module, &stem);
      if (layer >= 0) return layer;
    }
    return -1;
  }

  // The first number among the segments that follows what `stem` matches, or any two segments; -1: there is none.
  static int64_t layer_of(const std::string& module, const std::regex* stem) {
    const std::vector<std::string> segments = text::split(module, '.');
    std::string before;
    for (size_t i = 0; i + 1 < segments.size(); ++i) {
      const std::string& segment = segments[i];
      const bool is_number = segment.find_first_not_of("0123456789") == std::string::npos && !segment.empty();
      if (is_number && (stem == nullptr ? i >= 2 : std::regex_match(before, *stem))) return std::stoll(segment);
      before += (i == 0 ? "" : ".") + segment;
    }
    return -1;
  }

  const PeftConfig& config_;
  const sdk::ModelView& view_;
  std::vector<sdk::LinearSite> sites_;
  std::vector<std::string> modules_;  // the sites' names in peft
  bool all_linear_ = false;
  std::optional<std::regex> expression_, exclude_expression_;
  std::vector<std::string> names_, exclude_;
  std::vector<std::regex> saved_, layer_stems_;
  std::vector<int64_t> layers_;
  bool is_sound_ = true;
};

}  // namespace

std::vector<sdk::LinearSite> peft_targets(const PeftConfig& config, const sdk::ModelView& view, PeftClass trained_on) {
  return Targets(config, view, trained_on).find();
}

}  // namespace engram::checkpoint
