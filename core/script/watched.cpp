#include "script/watched.hpp"

#include "script/read_only.hpp"

namespace engram::script {
namespace {

char reads_key;  // in the registry

// Upvalues: the prefix, the table itself. Keys are strings, as every record has them. A callback may have kept a record
// for longer than it is watched.
void note(lua_State* lua, int key) {
  std::set<std::string>* reads = watched_reads(lua);
  if (reads == nullptr) return;
  const std::string prefix(text_at(lua, lua_upvalueindex(1)));
  const std::string name(text_at(lua, key));
  if (!prefix.empty() || name == "score") reads->insert(prefix + name);
}

void make_all(lua_State* lua) {
  for (lua_pushnil(lua); lua_next(lua, lua_upvalueindex(2)) != 0; lua_pop(lua, 1)) {
    if (lua_type(lua, -1) == LUA_TNUMBER) note(lua, lua_gettop(lua) - 1);
    lua_pushvalue(lua, -2);
    lua_pushvalue(lua, -2);
    lua_rawset(lua, 1);
  }
}

int missing(lua_State* lua) {
  luaL_checkstack(lua, 6, "a record");
  if (lua_gettop(lua) == 1) {
    make_all(lua);
    return 0;
  }
  lua_pushvalue(lua, 2);
  lua_rawget(lua, lua_upvalueindex(2));
  if (lua_isnil(lua, -1)) return raise_unknown(lua, "name", 2, {});
  if (lua_type(lua, -1) == LUA_TNUMBER) note(lua, 2);
  return 1;
}

}  // namespace

void watch_reads(lua_State* lua, std::set<std::string>* reads) {
  lua_pushlightuserdata(lua, &reads_key);
  if (reads == nullptr) {
    lua_pushnil(lua);
  } else {
    lua_pushlightuserdata(lua, reads);
  }
  lua_rawset(lua, LUA_REGISTRYINDEX);
}

std::set<std::string>* watched_reads(lua_State* lua) {
  lua_pushlightuserdata(lua, &reads_key);
  lua_rawget(lua, LUA_REGISTRYINDEX);
  auto* reads = static_cast<std::set<std::string>*>(lua_touserdata(lua, -1));
  lua_pop(lua, 1);
  return reads;
}

void make_watched(lua_State* lua, const std::string& prefix) {
  const int table = lua_gettop(lua);
  lua_newtable(lua);
  push_text(lua, prefix);
  lua_pushvalue(lua, table);
  lua_pushcclosure(lua, guarded<missing>, 2);
  make_lazy_read_only(lua);
  lua_replace(lua, table);
}

}  // namespace engram::script
