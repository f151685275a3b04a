// Pieces of Markdown pages that are made from declarations.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace engram::cli {

std::string code(const std::string& text);  // `text`
// A table whose cells may hold any text.
std::string markdown_table(const std::vector<std::string>& heads, const std::vector<std::vector<std::string>>& rows);
// A block of Lua, indented; lines as given.
std::string lua_block(const std::string& text);

// The template with each line `<!-- name: argument -->` replaced by what `part(name, argument)` gives; the argument may
// be absent. Throws InternalError where `part` knows no such name and throws.
std::string filled(const std::string& text,
                   const std::function<std::string(const std::string& name, const std::string& argument)>& part);

}  // namespace engram::cli
