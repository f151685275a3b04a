// The registry of a recipe's keys. Nobody keeps a list: the readers of a recipe say what each key means where they read
// it, and describe_keys() runs them without a recipe. docs/recipe.md and the editor types are made from it.
#pragma once

#include <string>
#include <vector>

#include "base/errors.hpp"

namespace engram::recipe {

// What a reader says of a key, beside its name and what it allows.
struct About {
  std::string text;          // one sentence, with the unit of a number
  std::string example = {};  // as a recipe writes it: "epochs = 1.5"
  std::string absent = {};   // what holds without the key, where the default's value does not say it
};

struct Key {
  std::string path;     // "train.epochs"; "data.<name>.text" in each entry of a table by name; "data.<name>[1]"
  std::string type;     // as LuaCATS writes it: integer, "fp32"|"bf16", table<string, engram.Task>
  std::string allowed;  // as error texts say it
  std::string absent;   // the default as a recipe would write it, or in words; empty for compulsory keys
  bool compulsory = false;
  std::string about;
  std::string example;

  std::string section() const;  // "train", "data.<name>", "" at the top
  std::string name() const;     // "epochs", "[1]"
};

// Every key of a recipe, in the order of reading.
std::vector<Key> describe_keys();

// Where readers leave what they find: the faults of a recipe, or, where none is read, what each key means.
struct Reading {
  Faults& faults;
  std::vector<Key>* keys = nullptr;
  bool describes() const { return keys != nullptr; }
};

}  // namespace engram::recipe
