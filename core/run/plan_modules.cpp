#include "run/plan_modules.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"

namespace engram::run {
namespace {

// "encoder.layer.3.attention" -> "encoder.layer.*.attention".
std::string kind_of(const std::string& name) {
  std::vector<std::string> parts = text::split(name, '.');
  for (std::string& part : parts) {
    const bool digits =
        !part.empty() && std::all_of(part.begin(), part.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
    if (digits) part = "*";
  }
  return text::join(parts, ".");
}

// Adds `count` to the entry of the same kind, or makes it.
void add(const ModuleMatch& match, std::vector<ModuleMatch>& all) {
  for (ModuleMatch& known : all) {
    if (known.strategy != match.strategy || known.does != match.does || known.pattern != match.pattern) continue;
    known.count += match.count;
    return;
  }
  all.push_back(match);
}

class Matches {
 public:
  explicit Matches(const sdk::ModelView& view) : view_(view) {}

  void add_claim(const std::string& strategy, const sdk::Claim& claim) {
    if (const auto* freeze = std::get_if<sdk::Freeze>(&claim)) {
      parameters(strategy, "freezes", freeze->pattern.text);
    } else if (const auto* train = std::get_if<sdk::Train>(&claim)) {
      parameters(strategy, "trains", train->pattern.text);
    } else if (const auto* group = std::get_if<sdk::Group>(&claim)) {
      parameters(strategy, "sets the rate of", group->pattern.text);
    } else if (const auto* adapt = std::get_if<sdk::Adapt>(&claim)) {
      add({strategy, "adapts", kind_of(adapt->site), 1, "projection"}, all_);
    } else if (const auto* prefix = std::get_if<sdk::Prefix>(&claim)) {
      add({strategy, "puts a prefix before", kind_of(prefix->site), 1, "attention"}, all_);
    }
  }

  std::vector<ModuleMatch> take() { return std::move(all_); }

 private:
  void parameters(const std::string& strategy, const std::string& does, const std::string& pattern) {
    const bool named = pattern.find_first_of("*?") == std::string::npos;
    const auto count = std::count_if(view_.parameters.begin(), view_.parameters.end(),
                                     [&](const auto& parameter) { return text::glob(pattern, parameter.name); });
    add({strategy, does, named ? "by name" : pattern, count, "parameter"}, all_);
  }

  const sdk::ModelView& view_;
  std::vector<ModuleMatch> all_;
};

}  // namespace

std::vector<ModuleMatch> module_matches(const Preparation& prepared) {
  Matches matches(prepared.view);
  for (const strategy::StrategyClaims& strategy : prepared.strategies.plan(prepared.view)) {
    for (const sdk::Claim& claim : strategy.plan.claims()) matches.add_claim(strategy.strategy, claim);
  }
  return matches.take();
}

}  // namespace engram::run
