#include "checkpoint/peft_numbers.hpp"

#include "base/text.hpp"
#include "checkpoint/peft_names.hpp"
#include "checkpoint/peft_regex.hpp"

namespace engram::checkpoint {
namespace {

constexpr double kPeftDefault = 8;  // of r and of lora_alpha

}  // namespace

PeftNumbers::PeftNumbers(const PeftConfig& config, const std::string& table, const std::string& otherwise,
                         const std::vector<std::string>& modules)
    : common_(config.number(otherwise, kPeftDefault)) {
  const Json* patterns = config.find(table);
  if (patterns == nullptr) return;
  if (!patterns->is_object()) {
    config.faults().add(table + " is " + shown(*patterns), "numbers by name");
    return;
  }
  for (const auto& [key, value] : patterns->items()) read(config, table, key, value, modules);
}

void PeftNumbers::read(const PeftConfig& config, const std::string& table, const std::string& key, const Json& value,
                       const std::vector<std::string>& modules) {
  const std::optional<std::regex> expression = compiled("(.*\\.)?(" + key + ")");
  if (!expression) return config.faults().add(table + " has the key '" + key + "'", "a name, or a regular expression");
  if (!value.is_number()) return config.faults().add(table + "." + key + " is " + shown(value), "a number");
  bool any = modules.empty();
  for (const std::string& module : modules) {
    if (!std::regex_match(module, *expression)) continue;
    any = true;
    by_module_.emplace(module, value.get<double>());
  }
  if (any) return;
  config.faults().add(table + " '" + key + "' matches no target" + text::did_you_mean(key, endings_of(modules)),
                      "a target's name, its end, or a regular expression");
}

double PeftNumbers::of(const std::string& module) const {
  const auto found = by_module_.find(module);
  return found == by_module_.end() ? common_ : found->second;
}

}  // namespace engram::checkpoint
