// The options by which a command names an evaluation set.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "recipe/recipe.hpp"

namespace CLI {
class App;
}

namespace engram::cli {

struct DataOptions {
  std::string file;
  std::vector<std::string> text;
  std::vector<std::string> pair;
  std::string label;
  std::string format;
  std::vector<std::string> label_names;  // "value=name"

  // Adds --data, --text, --pair, --label, --format and --label-names to a command.
  void add_to(CLI::App& command);
  // Empty without --data. A column of digits alone is a position. The set's name is the file's.
  std::optional<recipe::DataSet> set() const;
};

}  // namespace engram::cli
