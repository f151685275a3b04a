// engram.grid { over = { name = { values } }, recipe = function(p) ... end }: one recipe for each combination.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/errors.hpp"
#include "recipe/value.hpp"
#include "script/lua.hpp"
#include "script/recipe_script.hpp"

namespace engram::script {

using GridValue = std::variant<bool, double, std::string>;

struct GridAxis {
  std::string name;
  std::vector<GridValue> values;
};

struct Grid {
  std::vector<GridAxis> axes;  // sorted by name
  recipe::FunctionHandle recipe;
};

// Whether a recipe file returned a grid: a table with `over`, which no recipe has.
bool is_grid(const recipe::Value& top);

// Every fault is gathered; the result is only meaningful when none were added.
Grid read_grid(const recipe::Value& top, Faults& faults);

// All combinations: the axes in sorted order, the last one fastest. A name is fit for a folder: "rank=4,rate=1e-05".
std::vector<GridPoint> points_of(const Grid& grid);

// Pushes the table `p` of the point: its values by name, read-only.
void push_point(lua_State* lua, const Grid& grid, size_t point);

}  // namespace engram::script
