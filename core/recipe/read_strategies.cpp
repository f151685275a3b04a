#include "recipe/sections.hpp"

namespace engram::recipe {
namespace {

const Shape kStrategies{"engram.Strategy[]", "a list of tables such as { \"lora\", rank = 8 }"};
const Shape kId{"string", "a strategy's name"};
const About kAbout{"The plugins that shape the training, in the order in which they apply.",
                   "strategies = { { \"lora\", rank = 8 } }", "none: every weight trains"};
const About kIdAbout{
    "The strategy's id, such as \"lora\"; its plugin is searched for. A plugin's file is given to the program "
    "(--plugin). The other keys are the plugin's options.",
    "{ \"lora\", rank = 8, alpha = 32 }"};

bool names_file(const std::string& id) { return id.find('/') != std::string::npos || id.ends_with(".engram.so"); }

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
    const std::string& id = *entry->list.front().string();
    if (names_file(id)) {
      top.faults().add(fault_at(value, "names the file '" + id + "', and native code is not a recipe's to choose",
                                "a strategy's id", "write the plugin's id, and run with --plugin " + id));
      continue;
    }
    result.push_back({id, entry->table, value.place});
  }
  return result;
}

}  // namespace engram::recipe
