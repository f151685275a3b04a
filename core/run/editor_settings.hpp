// Settings that let editors with the Lua language server complete and explain recipes.
#pragma once

#include <filesystem>
#include <string>

namespace engram::run {

// The text of a .luarc.json; `scripts` is the installation's folder of Lua files, whose meta/engram.lua holds the
// types.
std::string editor_settings(const std::filesystem::path& scripts);

// What to tell of a .luarc.json that is there already and is left as it is: the entry to add, or "" when its text names
// the folder.
std::string missing_setting(const std::string& settings, const std::filesystem::path& scripts);

}  // namespace engram::run
