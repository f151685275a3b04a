// Where plugin files lie: `<id>.engram.so` in the folders of the search path. Finding and listing load nothing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "recipe/value.hpp"

namespace engram::strategy {

// In order of preference: `explicit_paths` (folders or plugin files, from --plugin), the folders of ENGRAM_PLUGIN_PATH
// (separated by colons), beside the program (../lib/engram/plugins of its folder), and the user's data folder
// ($XDG_DATA_HOME/engram/plugins, else ~/.local/share/engram/plugins).
std::vector<std::filesystem::path> plugin_search_path(const std::vector<std::filesystem::path>& explicit_paths = {});

// A strategy as command lines and the contract suite name it: an id ("lora"), or a path to a plugin file. Recipes name
// ids alone (recipe/read_strategies.cpp): which native code runs is for whoever starts the program to say.
struct PluginName {
  std::string id;
  std::filesystem::path file = {};  // empty: to be searched for
};
PluginName plugin_name(const std::string& written);

// The file of a plugin. Throws PluginError: an unknown id (with the folders searched and the nearest id), or ids of one
// folder that differ in nothing but upper and lower case.
std::filesystem::path find_plugin(const PluginName& name, const std::vector<std::filesystem::path>& search,
                                  const recipe::Place& place);

struct FoundPlugin {
  std::string id;
  std::filesystem::path file;
  bool shadowed = false;  // an earlier place holds the same id
};
// Every plugin file on the path, in order of preference, sorted by id within a folder.
std::vector<FoundPlugin> list_plugins(const std::vector<std::filesystem::path>& search);

}  // namespace engram::strategy
