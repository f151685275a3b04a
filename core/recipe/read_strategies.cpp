#include "recipe/sections.hpp"

namespace engram::recipe {
namespace {

const Shape kStrategies{"engram.Strategy[]", "a list of tables such as { \"lora\", rank = 8 }"};
const Shape kId{"string", "a strategy's name"};
const About kAbout{"The plugins that shape the training, in the order in which they apply.",
                   "strategies = { { \"lora\", rank = 8 } }", "none: every weight trains"};
const About kIdAbout{
    "The strategy: an id, such as \"lora\", whose plugin is searched for, or a plugin file. The other "
    "keys are the plugin's options.",
    "{ \"lora\", rank = 8, alpha = 32 }"};

void describe_entry(Section& top) {
  if (top.reading().describes()) Section(nullptr, "strategies[<n>]", top.reading()).first(kId, kIdAbout);
}

}  // namespace

std::vector<StrategyEntry> read_strategies(Section& top) {
  std::vector<StrategyEntry> result;
  const Value* found = top.value("strategies", kStrategies, kAbout);
  describe_entry(top);
  if (found == nullptr) return result;
  const Mixed* mixed = found->table();
  if (mixed == nullptr || !mixed->table.empty()) {
    top.faults().add(value_fault(*found, kStrategies.allowed));
    return result;
  }
  for (const Value& value : mixed->list) {
    const Mixed* entry = value.table();
    if (entry == nullptr || entry->list.size() != 1 || entry->list.front().string() == nullptr) {
      top.faults().add(
          value_fault(value, "a table that starts with the strategy's name, such as { \"lora\", rank = 8 }"));
      continue;
    }
    result.push_back({*entry->list.front().string(), entry->table, value.place});
  }
  return result;
}

}  // namespace engram::recipe
