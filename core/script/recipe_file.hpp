// A recipe file in its sandbox: run once for its table, and once more for a point of its grid.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "recipe/recipe.hpp"
#include "script/callback.hpp"
#include "script/grid.hpp"
#include "script/modules.hpp"
#include "script/random.hpp"
#include "script/source_map.hpp"
#include "script/state.hpp"

namespace engram::script {

class RecipeFile {
 public:
  // Reads the file; "-" is standard input, whose text is kept for the next one. Throws RecipeError.
  RecipeFile(const std::string& file, const std::filesystem::path& library, uint64_t seed);
  RecipeFile(const RecipeFile&) = delete;
  RecipeFile& operator=(const RecipeFile&) = delete;

  // What the file returns. Throws RecipeError when it fails; other faults are gathered.
  recipe::Value run(Faults& faults);
  // What the grid's function returns for one point.
  recipe::Value run_point(const Grid& grid, size_t index, Faults& faults);
  // After this, modules are loaded no more, and callbacks can ask which metrics fall.
  void close(const recipe::Recipe& recipe);

  // Where a setting of what was run last stands, or what it belongs to.
  recipe::Place place(const std::string& path) const { return {shown_, find_place(map_, path).line}; }

  Callback callback(const recipe::FunctionHandle& function) const;
  LuaState& lua() { return lua_; }
  Random& random() { return random_; }
  int modules() const { return modules_reference_; }
  const std::string& source() const { return source_; }
  std::string folder() const { return folders_.recipe.empty() ? "." : folders_.recipe.string(); }

 private:
  std::string shown_;
  std::string source_;
  SourceMap map_;
  Random random_;
  ModuleFolders folders_;
  Directions directions_;
  LuaState lua_;
  int modules_reference_ = LUA_NOREF;
  std::vector<int> functions_;  // registry references, by FunctionHandle::index
};

}  // namespace engram::script
