#include "script/recipe_file.hpp"

#include <iostream>
#include <iterator>

#include "base/files.hpp"
#include "base/text.hpp"
#include "script/base_library.hpp"
#include "script/tree.hpp"

namespace engram::script {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestRecipe = 1'000'000;  // bytes

// Standard input gives its text once, and a grid is read once for each of its points.
const std::string& standard_input() {
  static const std::string text{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  return text;
}

std::string read_source(const std::string& file) {
  if (file == "-") return standard_input();
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    throw RecipeError(Fault{"no such recipe file", file, "a Lua file that returns a table, or - for standard input"});
  }
  if (fs::file_size(file, error) > kLargestRecipe) {
    throw RecipeError(Fault{"the recipe file is larger than 1 MB", file, "a Lua file that returns a table"});
  }
  return read_file(file);
}

// Pushes the compiled recipe; a syntax error becomes a RecipeError.
void push_recipe_chunk(LuaState& state, lua_State* lua, const std::string& source, const std::string& name,
                       int environment) {
  struct Input {
    const std::string& source;
    const std::string& name;
  } input{source, name};
  lua_pushcfunction(lua, [](lua_State* inner) {
    const Input& given = *static_cast<const Input*>(lua_touserdata(inner, 1));
    push_chunk(inner, given.source, given.name, 2);
    return 1;
  });
  lua_pushlightuserdata(lua, &input);
  lua_pushvalue(lua, environment);
  state.call(lua, 2, 1, "the recipe", {name, 0}, kRecipeSteps);
}

// The line on which the function on top of the stack begins, if it stands in this chunk; else 0.
int first_line(lua_State* lua, const std::string& chunk) {
  lua_Debug info;
  lua_pushvalue(lua, -1);
  lua_getinfo(lua, ">S", &info);
  return info.source == "@" + chunk ? info.linedefined : 0;
}

}  // namespace

RecipeFile::RecipeFile(const std::string& file, const fs::path& library, uint64_t seed)
    : shown_(file == "-" ? "stdin" : file),
      source_(read_source(file)),
      random_(seed),
      folders_{library, file == "-" ? fs::path(".") : fs::path(file).parent_path()} {}

recipe::Value RecipeFile::run(Faults& faults) {
  recipe::Value top;
  lua_.protect([&](lua_State* lua) {
    push_globals(lua, random_);
    const int globals = lua_gettop(lua);
    lua_pushvalue(lua, globals);
    make_environment(lua);
    push_require(lua, folders_, directions_);
    modules_reference_ = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_setfield(lua, globals, "require");
    push_recipe_chunk(lua_, lua, source_, chunk_name(shown_), lua_gettop(lua));
    lua_.call(lua, 0, 1, "the recipe", {shown_, 0}, kRecipeSteps);
    map_ = map_source(source_);
    top = read_tree(lua, {map_, shown_, functions_, faults});
  });
  return top;
}

recipe::Value RecipeFile::run_point(const Grid& grid, size_t index, Faults& faults) {
  recipe::Value top;
  lua_.protect([&](lua_State* lua) {
    push_reference(lua, functions_.at(static_cast<size_t>(grid.recipe.index)));
    map_ = map_function(source_, first_line(lua, chunk_name(shown_)));
    push_point(lua, grid, index);
    lua_.call(lua, 1, 1, "the grid's recipe", grid.recipe.place, kRecipeSteps);
    top = read_tree(lua, {map_, shown_, functions_, faults});
    if (is_grid(top)) faults.add({"the grid's recipe returns another grid", top.place.text(), "a recipe"});
  });
  return top;
}

void RecipeFile::close(const recipe::Recipe& recipe) {
  folders_.closed = true;
  directions_.read = true;
  directions_.own = recipe.metrics;
}

Callback RecipeFile::callback(const recipe::FunctionHandle& function) const {
  return {functions_.at(static_cast<size_t>(function.index)), function.place};
}

}  // namespace engram::script
