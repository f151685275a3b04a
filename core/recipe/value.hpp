// A recipe as it was written: a tree of plain values, each with the place it came from. Knows no Lua and no torch.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace engram::recipe {

// Where a value stands. `line` 0 means "not known better than the file" (a table built by code, an override).
struct Place {
  std::string file;
  int line = 0;
  std::string text() const;  // "file:line", "file", or "" when nothing is known
};

// A callback in the recipe: an index into the script's own list of functions.
struct FunctionHandle {
  int index = -1;
  Place place = {};  // of the entry in the recipe that holds it
};

struct Value;
using List = std::vector<Value>;
// In the order of writing where it is known, else sorted by key.
using Table = std::vector<std::pair<std::string, Value>>;

// A Lua table with both parts (`{ "lora", rank = 8 }`) has a list and a table.
struct Mixed {
  List list;
  Table table;
};

struct Value {
  std::variant<std::monostate, bool, double, std::string, FunctionHandle, std::shared_ptr<Mixed>> data;
  Place place;
  std::string path;  // "train.epochs", "strategies[1].rank"

  bool is_nil() const { return std::holds_alternative<std::monostate>(data); }
  const bool* boolean() const { return std::get_if<bool>(&data); }
  const double* number() const { return std::get_if<double>(&data); }
  const std::string* string() const { return std::get_if<std::string>(&data); }
  const FunctionHandle* function() const { return std::get_if<FunctionHandle>(&data); }
  const Mixed* table() const;
  // The named entry, or nullptr.
  const Value* find(const std::string& key) const;
  // "a number", "a string", ... for error texts.
  std::string type_name() const;
};

}  // namespace engram::recipe
