#include "recipe/sections.hpp"

namespace engram::recipe {

std::vector<StrategyEntry> read_strategies(const Value* strategies, Faults& faults) {
  std::vector<StrategyEntry> result;
  if (strategies == nullptr) return result;
  const std::string allowed = "a list of tables such as { \"lora\", rank = 8 }";
  const Mixed* mixed = strategies->table();
  if (mixed == nullptr || !mixed->table.empty()) {
    faults.add(value_fault(*strategies, allowed));
    return result;
  }
  for (const Value& value : mixed->list) {
    const Mixed* entry = value.table();
    if (entry == nullptr || entry->list.size() != 1 || entry->list.front().string() == nullptr) {
      faults.add(value_fault(value, "a table that starts with the strategy's name, such as { \"lora\", rank = 8 }"));
      continue;
    }
    result.push_back({*entry->list.front().string(), entry->table, value.place});
  }
  return result;
}

}  // namespace engram::recipe
