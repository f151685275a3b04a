#include "recipe/value.hpp"

namespace engram::recipe {

std::string Place::text() const {
  if (file.empty() || line <= 0) return file;
  return file + ":" + std::to_string(line);
}

const Mixed* Value::table() const {
  const auto* held = std::get_if<std::shared_ptr<Mixed>>(&data);
  return held == nullptr ? nullptr : held->get();
}

const Value* Value::find(const std::string& key) const {
  const Mixed* mixed = table();
  if (mixed == nullptr) return nullptr;
  for (const auto& [name, value] : mixed->table) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string Value::type_name() const {
  if (boolean() != nullptr) return "a boolean";
  if (number() != nullptr) return "a number";
  if (string() != nullptr) return "a string";
  if (function() != nullptr) return "a function";
  if (table() != nullptr) return "a table";
  return "nil";
}

}  // namespace engram::recipe
