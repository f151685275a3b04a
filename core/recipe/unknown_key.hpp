// What to say of a key that no reader knows: the nearest name, the section it belongs in, or engram's word for it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/errors.hpp"
#include "recipe/value.hpp"

namespace engram::recipe {

// `section` is the path of the table that holds the key ("train", "" at the top), `known` the keys it may have.
Fault unknown_key(const std::string& section, const std::string& key, const std::vector<std::string>& known,
                  const Place& place);

// A name that other libraries use, and what it is called here.
struct ForeignName {
  std::string name;
  std::string path;       // a key of describe_keys(), or "" where engram has no such setting
  std::string hint = {};  // how to write it, where the path alone does not say
};

// Names of transformers, peft and torch that people bring along.
const std::vector<ForeignName>& foreign_names();
// The same for options of strategies: `path` is an option's name.
const std::vector<ForeignName>& foreign_options();
// What to write instead of a foreign option of a strategy that has these options; "" where nothing is known.
std::string foreign_option_fix(const std::string& name, const std::vector<std::string>& options);

}  // namespace engram::recipe
