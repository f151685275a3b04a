// Loading chunks: text only, in the shared environment; and `require`.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "script/host_module.hpp"
#include "script/lua.hpp"

namespace engram::script {

struct ModuleFolders {
  std::filesystem::path library;  // engram -> library/engram/init.lua, engram.schedule -> library/engram/schedule.lua
  std::filesystem::path recipe;   // rules -> recipe/rules.lua
  bool closed = false;            // once the recipe has been read, its callbacks get what has been loaded by then
};

// The name that error texts and tracebacks show for a file. Lua cuts long names, so those shrink to the file's name.
// Modules of the library are shown by their own names.
std::string chunk_name(const std::string& file);

// "engram" and "engram.schedule": modules of the library, and the names of their chunks.
bool is_library_module(std::string_view name);

// Pushes the compiled chunk, its environment set; raises Lua's error when it does not compile or is bytecode.
// `environment` is the stack index of the environment.
void push_chunk(lua_State* lua, const std::string& source, const std::string& name, int environment);

// Pushes `require` and the table of loaded modules by name. The environment is on top of the stack and stays below.
// `folders` and `directions` must outlive the state.
void push_require(lua_State* lua, const ModuleFolders& folders, const Directions& directions);

}  // namespace engram::script
