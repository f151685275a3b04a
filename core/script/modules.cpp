#include "script/modules.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "script/read_only.hpp"

namespace engram::script {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestChunkName = 55;
constexpr uintmax_t kLargestModule = 1'000'000;  // bytes

bool plain_name(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), plain) && name.front() != '.' && name.back() != '.' &&
         name.find("..") == std::string::npos;
}

std::vector<std::string> modules_in(const fs::path& folder, const std::string& prefix) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".lua" && name != "init") names.push_back(prefix + name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// The file of a module, or an empty path. Links that lead out of the folder are not followed.
fs::path module_file(const ModuleFolders& folders, const std::string& name) {
  std::string relative = name;
  std::replace(relative.begin(), relative.end(), '.', '/');
  if (name == "engram") relative += "/init";
  const fs::path folder = is_library_module(name) ? folders.library : folders.recipe;
  std::error_code error;
  const fs::path root = fs::canonical(folder.empty() ? fs::path(".") : folder, error);
  if (error) return {};
  const fs::path file = fs::canonical(root / (relative + ".lua"), error);
  if (error || !fs::is_regular_file(file, error)) return {};
  const auto [end, ignored] = std::mismatch(root.begin(), root.end(), file.begin(), file.end());
  return end == root.end() ? file : fs::path();
}

int refuse_module(lua_State* lua, const ModuleFolders& folders, const std::string& name) {
  std::vector<std::string> known = modules_in(folders.library / "engram", "engram.");
  if (!is_library_module(name)) {
    const std::vector<std::string> beside = modules_in(folders.recipe, "");
    known.insert(known.end(), beside.begin(), beside.end());
  }
  return raise(lua, "no module '" + name + "'" + text::did_you_mean(name, known) +
                        " (allowed: engram.* and plain Lua files inside the recipe's folder)");
}

// Upvalues: the folders, the environment, the table of loaded modules (false: being loaded).
int require(lua_State* lua) {
  const auto& folders = *static_cast<const ModuleFolders*>(lua_touserdata(lua, lua_upvalueindex(1)));
  luaL_checktype(lua, 1, LUA_TSTRING);
  const std::string name(text_at(lua, 1));
  lua_getfield(lua, lua_upvalueindex(3), name.c_str());
  if (lua_isboolean(lua, -1) && lua_toboolean(lua, -1) == 0) {
    return raise(lua, "module '" + name + "' requires itself");
  }
  if (!lua_isnil(lua, -1)) return 1;
  const fs::path file = plain_name(name) ? module_file(folders, name) : fs::path();
  if (file.empty()) return refuse_module(lua, folders, name);
  if (folders.closed) {
    return raise(lua,
                 "module '" + name + "' is required while the run is on. Fix: require it at the top of the recipe");
  }
  if (fs::file_size(file) > kLargestModule) return raise(lua, "module '" + name + "' is larger than 1 MB");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, lua_upvalueindex(3), name.c_str());
  lua_settop(lua, 0);
  const std::string shown = is_library_module(name) ? name : chunk_name(file.string());
  push_chunk(lua, read_file(file), shown, lua_upvalueindex(2));
  lua_call(lua, 0, 1);
  if (lua_isnil(lua, -1)) return raise(lua, "module '" + name + "' returns nothing");
  if (lua_istable(lua, -1) && is_library_module(name)) make_read_only(lua, "function of " + name);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, lua_upvalueindex(3), name.c_str());
  return 1;
}

}  // namespace

bool is_library_module(std::string_view name) {
  return name == "engram" || (name.substr(0, 7) == "engram." && !name.ends_with(".lua"));
}

std::string chunk_name(const std::string& file) {
  return file.size() <= kLongestChunkName ? file : fs::path(file).filename().string();
}

void push_chunk(lua_State* lua, const std::string& source, const std::string& name, int environment) {
  const std::string chunk = "@" + name;
  if (source.rfind('\x1b', 0) == 0) {
    push_text(lua, name + ": precompiled Lua is refused: recipes and modules are text");
    lua_error(lua);
  }
  if (luaL_loadbufferx(lua, source.data(), source.size(), chunk.c_str(), "t") != 0) lua_error(lua);
  lua_pushvalue(lua, environment);
  lua_setfenv(lua, -2);
}

void push_require(lua_State* lua, const ModuleFolders& folders, const Directions& directions) {
  const int environment = lua_gettop(lua);
  lua_newtable(lua);
  push_host_module(lua, directions);
  lua_setfield(lua, -2, "engram.host");
  lua_pushlightuserdata(lua, const_cast<ModuleFolders*>(&folders));
  lua_pushvalue(lua, environment);
  lua_pushvalue(lua, environment + 1);
  lua_pushcclosure(lua, guarded<require>, 3);
  lua_insert(lua, environment + 1);
}

}  // namespace engram::script
