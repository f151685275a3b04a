// A recipe with every setting spelled out, defaults included, for the manifest.
#pragma once

#include "base/json.hpp"
#include "recipe/recipe.hpp"

namespace engram::recipe {

// Keys and choices are those of the recipe language. Absent values with a meaning of their own are null (all rows, the
// model's own dropout). A callback is "function", or the name of its default.
Json resolved(const Recipe& recipe);

// A data set as resolved() describes it, read back. Throws DataError naming `where` when it is described otherwise.
DataSet data_set_from(const Json& description, const std::string& name, const std::string& where);

}  // namespace engram::recipe
