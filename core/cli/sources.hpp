// The options that `run` and `plan` share: a recipe and what changes it from the command line.
#pragma once

#include <string>
#include <vector>

#include "run/preparation.hpp"

namespace CLI {
class App;
}

namespace engram::cli {

struct SourceOptions {
  std::string recipe;
  std::string point;
  std::vector<std::string> set;  // "key=value"
  std::string device;
  std::vector<std::filesystem::path> plugins;
  bool strict = false;
  bool strict_plugins = false;

  // Adds --set, --device, --plugin, --point, --strict and --strict-plugins to a command.
  void add_to(CLI::App& command);
  // Throws RecipeError on a --set without '='.
  run::Sources sources() const;
};

// The points that a recipe stands for: those of a grid that is neither narrowed to one by --point nor read from
// standard input, where no file is left to go on from. Empty: it is run by itself.
std::vector<script::GridPoint> points_of(const run::Sources& sources);

}  // namespace engram::cli
