// What `engram run --resume FOLDER` goes on with: the recipes and settings that the folder records.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "run/preparation.hpp"

namespace engram::cli {

// Stands in for standard input while it exists: the recipe that came from there lies in the run folder now.
class StandardInput {
 public:
  explicit StandardInput(const std::filesystem::path& file);
  ~StandardInput();
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  std::ifstream file_;
  std::streambuf* before_;
};

enum class FolderKind { run, grid, chain };

struct Resumed {
  FolderKind kind = FolderKind::run;
  run::Sources sources;
  std::vector<std::string> recipes;      // of a chain
  std::unique_ptr<StandardInput> input;  // of a recipe that came on standard input
};

// `given` holds what is not recorded: scripts and plugins. Throws DataError when the folder is none of the three, or
// when a recipe is not what it was.
Resumed resumed(const std::filesystem::path& folder, const run::Sources& given);

}  // namespace engram::cli
