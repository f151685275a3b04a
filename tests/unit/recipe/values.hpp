// Recipes as trees of values, built by hand.
#pragma once

#include <memory>

#include "base/errors.hpp"
#include "recipe/read.hpp"
#include "support/catch.hpp"

namespace engram::test {

using namespace engram::recipe;

inline Value number(double value) { return {value, {"r.lua", 1}, ""}; }
inline Value text(const std::string& value) { return {value, {"r.lua", 1}, ""}; }

// A table whose parts carry paths and, as their line, the number of entries before them plus one.
inline Value table(std::vector<std::pair<std::string, Value>> named, std::vector<Value> list = {}) {
  auto mixed = std::make_shared<Mixed>();
  mixed->list = std::move(list);
  mixed->table = std::move(named);
  return {mixed, {"r.lua", 1}, ""};
}

inline void name_paths(Value& value, const std::string& path) {
  value.path = path;
  if (value.table() == nullptr) return;
  Mixed& mixed = *std::get<std::shared_ptr<Mixed>>(value.data);
  for (auto& [key, entry] : mixed.table) name_paths(entry, path.empty() ? key : path + "." + key);
  for (size_t i = 0; i < mixed.list.size(); ++i) name_paths(mixed.list[i], path + "[" + std::to_string(i + 1) + "]");
}

inline Value set(const std::string& file, const std::string& task, const std::string& use) {
  return table({{"text", text("text")}, {"label", text("label")}, {"task", text(task)}, {"use", text(use)}},
               {text(file)});
}

inline Value& entry(Value& value, const std::string& key) {
  Mixed& mixed = *std::get<std::shared_ptr<Mixed>>(value.data);
  for (auto& [name, found] : mixed.table) {
    if (name == key) return found;
  }
  mixed.table.emplace_back(key, Value{});
  return mixed.table.back().second;
}

inline void remove(Value& value, const std::string& key) {
  Mixed& mixed = *std::get<std::shared_ptr<Mixed>>(value.data);
  std::erase_if(mixed.table, [&](const auto& named) { return named.first == key; });
}

// A recipe without a fault: a new task, an original one, a score.
inline Value right() {
  Value original = set("old.csv", "old", "evaluate");
  entry(original, "role") = text("original");
  return table({{"model", text("m")},
                {"tasks", table({{"old", table({{"head", text("from model")}})}, {"fresh", table({})}})},
                {"data", table({{"train", set("train.csv", "fresh", "train")},
                                {"new", set("new.csv", "fresh", "evaluate")},
                                {"original", original}})},
                {"train", table({{"learning_rate", number(1e-4)}})},
                {"score", Value{FunctionHandle{0}, {"r.lua", 1}, ""}}});
}

inline std::vector<std::string> faults_of(Value top) {
  name_paths(top, "");
  Faults faults;
  read(top, faults);
  std::vector<std::string> texts;
  for (const Fault& fault : faults.list()) texts.push_back(fault.text());
  return texts;
}

inline Recipe read_right(Value top) {
  name_paths(top, "");
  Faults faults;
  Recipe recipe = read(top, faults);
  faults.raise<RecipeError>();
  return recipe;
}

using Texts = std::vector<std::string>;

}  // namespace engram::test
