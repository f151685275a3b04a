// Strategy entries as a recipe would give them, and the text of what refuses them.
#pragma once

#include <functional>
#include <memory>

#include "base/errors.hpp"
#include "recipe/recipe.hpp"

namespace engram::test {

inline recipe::Value value(recipe::Value raw, int line) {
  raw.place = {"recipe.lua", line};
  return raw;
}
inline recipe::Value number(double data, int line = 8) { return value({data, {}, ""}, line); }
inline recipe::Value boolean(bool data, int line = 8) { return value({data, {}, ""}, line); }
inline recipe::Value string(const std::string& data, int line = 8) { return value({data, {}, ""}, line); }
inline recipe::Value list(const std::vector<std::string>& data, int line = 8) {
  auto mixed = std::make_shared<recipe::Mixed>();
  for (const std::string& entry : data) mixed->list.push_back(string(entry, line));
  return value({mixed, {}, ""}, line);
}

inline recipe::StrategyEntry entry(const std::string& id, recipe::Table options = {}, int line = 7) {
  return {id, std::move(options), {"recipe.lua", line}};
}

inline std::filesystem::path fixture_folder(const std::string& name) {
  return std::filesystem::path(ENGRAM_BINARY_DIR) / "fixtures" / name;
}
inline std::filesystem::path shipped_plugins() {
  return std::filesystem::path(ENGRAM_BINARY_DIR) / "lib" / "engram" / "plugins";
}

// The text with which `action` is refused by Kind; "accepted" when it is not.
template <class Kind>
std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Kind& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace engram::test
