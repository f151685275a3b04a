// Loading chunks: text only, in the shared environment; and `require`.
#pragma once

#include <filesystem>
#include <string>

#include "script/lua.hpp"

namespace engram::script {

struct ModuleFolders {
  std::filesystem::path library;  // engram.schedule -> library/engram/schedule.lua
  std::filesystem::path recipe;   // rules -> recipe/rules.lua
};

// The name that error texts and tracebacks show for a file. Lua cuts long names, so those shrink to the file's name.
std::string chunk_name(const std::string& file);

// Pushes the compiled chunk, its environment set; raises Lua's error when it does not compile or is bytecode.
// `environment` is the stack index of the environment.
void push_chunk(lua_State* lua, const std::string& source, const std::string& name, int environment);

// Pushes `require`. The environment is on top of the stack and stays. `folders` must outlive the state.
void push_require(lua_State* lua, const ModuleFolders& folders);

}  // namespace engram::script
