// Where the keys of the table that a recipe returns stand in its source.
#pragma once

#include <map>
#include <string>

namespace engram::script {

struct SourcePlace {
  int line = 0;
  int order = 0;  // position among all keys, in the order of writing
};

// "train.epochs" -> line and order. "" is the returned table itself. Tables that code builds (calls, variables) are
// not looked into; their keys are absent here.
using SourceMap = std::map<std::string, SourcePlace>;

// The table of `return engram.grid { ... }` counts as the returned one, and so does that of `local recipe = { ... }`
// before `return recipe`.
SourceMap map_source(const std::string& source);

// The same for the table that the function beginning on this line returns, where it ends with return { ... }.
SourceMap map_function(const std::string& source, int line);

// The place of the path, or of its nearest known ancestor; line 0 when even the returned table is unknown.
SourcePlace find_place(const SourceMap& map, const std::string& path);

}  // namespace engram::script
