#include "script/grid.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/lua_name.hpp"
#include "base/text.hpp"
#include "script/read_only.hpp"
#include "script/shown.hpp"

namespace engram::script {
namespace {

using recipe::Value;

constexpr size_t kMostPoints = 1000;
constexpr size_t kLongestName = 200;  // bytes; it names a folder
constexpr const char* kValues = "a list of at least one number, string or boolean";

void add_fault(Faults& faults, const Value& value, const std::string& what, const std::string& allowed) {
  faults.add({value.path + " " + what, value.place.text(), allowed});
}

std::string text_of(const GridValue& value) {
  if (const bool* boolean = std::get_if<bool>(&value)) return *boolean ? "true" : "false";
  if (const double* number = std::get_if<double>(&value)) return shown(*number);
  return std::get<std::string>(value);
}

// The text with what folders or --point could take for something else replaced.
std::string for_a_name(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte) == 0 && std::string("+-_.").find(c) == std::string::npos) c = '-';
  }
  return text;
}

void read_value(const Value& value, GridAxis& axis, Faults& faults) {
  if (const bool* boolean = value.boolean()) {
    axis.values.emplace_back(std::in_place_type<bool>, *boolean);
  } else if (const double* number = value.number()) {
    axis.values.emplace_back(std::in_place_type<double>, *number);
  } else if (const std::string* text = value.string()) {
    axis.values.emplace_back(std::in_place_type<std::string>, *text);
  } else {
    add_fault(faults, value, "is " + value.type_name(), "a number, a string or a boolean");
  }
}

void refuse_twins(const Value& value, const GridAxis& axis, Faults& faults) {
  std::set<std::string> names;
  for (const GridValue& entry : axis.values) {
    if (!names.insert(for_a_name(text_of(entry))).second) {
      add_fault(faults, value, "has two values that both name their runs '" + for_a_name(text_of(entry)) + "'",
                "values that differ in letters and digits");
    }
  }
}

GridAxis read_axis(const std::string& name, const Value& value, Faults& faults) {
  GridAxis axis{.name = name, .values = {}};
  if (!is_lua_name(name)) {
    add_fault(faults, value, "has a name that p." + name + " does not read", "letters, digits and _");
  }
  if (value.table() == nullptr || value.table()->list.empty() || !value.table()->table.empty()) {
    const std::string what = value.table() == nullptr ? value.type_name() : "a table that is empty or has names";
    add_fault(faults, value, "is " + what, kValues);
    return axis;
  }
  for (const Value& entry : value.table()->list) read_value(entry, axis, faults);
  refuse_twins(value, axis, faults);
  return axis;
}

// The index of each axis' value, in the order of the axes.
std::vector<size_t> places_of(const Grid& grid, size_t point) {
  std::vector<size_t> places(grid.axes.size());
  for (size_t i = grid.axes.size(); i-- > 0;) {
    places[i] = point % grid.axes[i].values.size();
    point /= grid.axes[i].values.size();
  }
  return places;
}

size_t count_of(const Grid& grid) {
  size_t count = 1;
  for (const GridAxis& axis : grid.axes) count = std::min(count * axis.values.size(), kMostPoints + 1);
  return count;
}

std::vector<GridAxis> read_axes(const Value& over, Faults& faults) {
  std::vector<GridAxis> axes;
  if (over.table() == nullptr || !over.table()->list.empty() || over.table()->table.empty()) {
    const std::string what = over.table() == nullptr ? over.type_name() : "a table without axes";
    add_fault(faults, over, "is " + what, "a table such as { rate = { 1e-5, 5e-5 }, rank = { 4, 8 } }");
    return axes;
  }
  for (const auto& [name, value] : over.table()->table) axes.push_back(read_axis(name, value, faults));
  std::sort(axes.begin(), axes.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return axes;
}

void check_points(const Grid& grid, const Value& over, Faults& faults) {
  if (count_of(grid) > kMostPoints) {
    return add_fault(faults, over, "makes more than 1,000 points", "fewer values, or several grids");
  }
  for (const GridPoint& point : points_of(grid)) {
    if (point.name.size() > kLongestName) {
      return add_fault(faults, over, "gives a run the name '" + printable(point.name, 60) + "'",
                       "names of at most 200 bytes, from shorter values");
    }
  }
}

}  // namespace

bool is_grid(const Value& top) { return top.find("over") != nullptr; }

Grid read_grid(const Value& top, Faults& faults) {
  Grid grid;
  const Value& over = *top.find("over");
  const size_t before = faults.size();
  grid.axes = read_axes(over, faults);
  if (faults.size() == before) check_points(grid, over, faults);
  for (const auto& [name, value] : top.table()->table) {
    if (name == "over" || name == "recipe") continue;
    add_fault(faults, value, "is unknown" + text::did_you_mean(name, {"over", "recipe"}), "over, recipe");
  }
  const Value* recipe = top.find("recipe");
  if (recipe == nullptr || recipe->function() == nullptr) {
    const std::string what = recipe == nullptr ? "is missing" : "is " + recipe->type_name();
    faults.add({"recipe " + what, (recipe == nullptr ? top : *recipe).place.text(),
                "a function of the point that returns a recipe, such as function(p) return { ... } end"});
  } else {
    grid.recipe = *recipe->function();
    grid.recipe.place = recipe->place;
  }
  return grid;
}

std::vector<GridPoint> points_of(const Grid& grid) {
  std::vector<GridPoint> points;
  for (size_t i = 0; i < count_of(grid); ++i) {
    GridPoint point;
    const std::vector<size_t> places = places_of(grid, i);
    std::vector<std::string> parts;
    for (size_t axis = 0; axis < grid.axes.size(); ++axis) {
      const std::string value = text_of(grid.axes[axis].values[places[axis]]);
      point.values.emplace_back(grid.axes[axis].name, value);
      parts.push_back(grid.axes[axis].name + "=" + for_a_name(value));
    }
    point.name = text::join(parts, ",");
    points.push_back(std::move(point));
  }
  return points;
}

void push_point(lua_State* lua, const Grid& grid, size_t point) {
  lua_newtable(lua);
  const std::vector<size_t> places = places_of(grid, point);
  for (size_t i = 0; i < grid.axes.size(); ++i) {
    const GridValue& value = grid.axes[i].values[places[i]];
    push_text(lua, grid.axes[i].name);
    if (const bool* boolean = std::get_if<bool>(&value)) {
      lua_pushboolean(lua, *boolean ? 1 : 0);
    } else if (const double* number = std::get_if<double>(&value)) {
      lua_pushnumber(lua, *number);
    } else {
      push_text(lua, std::get<std::string>(value));
    }
    lua_rawset(lua, -3);
  }
  make_read_only(lua, "axis of the grid");
}

}  // namespace engram::script
