// `engram new plugin`: a project of its own for a strategy, built against the installed SDK.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "run/new_recipe.hpp"

namespace engram::run {

struct NewPluginRequest {
  std::string name;                 // the strategy's id
  std::filesystem::path out;        // empty: a folder of the strategy's name
  std::filesystem::path templates;  // share/engram/template of the installation
  std::vector<std::string> known;   // ids of strategies that are installed already
};

// "my_strategy" -> "MyStrategy".
std::string class_name(const std::string& id);

// The project's files, in the order of their paths; writes nothing. Throws RecipeError: a name that is no identifier,
// that C++ keeps for itself or that an installed strategy has; a folder that holds something already; no template.
std::vector<NewFile> make_new_plugin(const NewPluginRequest& request);

}  // namespace engram::run
