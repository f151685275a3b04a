// JSON as the values that a recipe's reader makes.
#pragma once

#include <memory>
#include <string>

#include "base/json.hpp"
#include "recipe/value.hpp"

namespace engram::tests {

inline recipe::Value recipe_value(const Json& json) {
  if (json.is_boolean()) return {.data = json.get<bool>()};
  if (json.is_number()) return {.data = json.get<double>()};
  if (json.is_string()) return {.data = json.get<std::string>()};
  auto mixed = std::make_shared<recipe::Mixed>();
  for (const auto& [key, entry] : json.items()) {
    if (json.is_array()) {
      mixed->list.push_back(recipe_value(entry));
    } else {
      mixed->table.emplace_back(key, recipe_value(entry));
    }
  }
  return {.data = mixed};
}

}  // namespace engram::tests
