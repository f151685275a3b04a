// The names that every script finds without require, and those of Lua that it does not. Code refuses by these lists,
// docs/lua_api.md prints them, and a test compares the first with the sandbox.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace engram::script {

struct GlobalName {
  std::string name;
  std::string about;                      // what differs from Lua's own, or what it is for
  std::vector<std::string> members = {};  // of a library
};

const std::vector<GlobalName>& global_names();

// Names of Lua that are absent, with the reason or what to write instead.
const std::map<std::string, std::string, std::less<>>& withheld_names();

}  // namespace engram::script
