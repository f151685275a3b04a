#include "script/names.hpp"

#include <set>

#include "script/base_library.hpp"
#include "script/read_only.hpp"
#include "script/state.hpp"
#include "support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

using Names = std::set<std::string>;

// The names in the table on top of the stack, seen through a read-only view.
Names names_in_table(lua_State* lua) {
  Names names;
  script::push_contents(lua, -1);
  lua_pushnil(lua);
  while (lua_next(lua, -2) != 0) {
    lua_pop(lua, 1);
    names.insert(std::string(script::text_at(lua, -1)));
  }
  lua_pop(lua, 1);
  return names;
}

template <class Work>
void with_globals(Work work) {
  script::Random random;
  script::LuaState state;
  state.protect([&](lua_State* lua) {
    script::push_globals(lua, random);
    work(lua);
  });
}

}  // namespace

TEST_CASE("the sandbox holds the names that are declared, and no others") {
  with_globals([](lua_State* lua) {
    Names declared;
    for (const script::GlobalName& name : script::global_names()) declared.insert(name.name);
    Names real = names_in_table(lua);
    real.insert("require");  // comes with the recipe's folders
    REQUIRE(real == declared);
  });
}

TEST_CASE("the sandbox's libraries hold the members that are declared, and no others") {
  with_globals([](lua_State* lua) {
    for (const script::GlobalName& name : script::global_names()) {
      if (name.name == "require") continue;
      CAPTURE(name.name);
      lua_getfield(lua, -1, name.name.c_str());
      REQUIRE(lua_istable(lua, -1) == !name.members.empty());
      if (lua_istable(lua, -1)) REQUIRE(names_in_table(lua) == Names(name.members.begin(), name.members.end()));
      lua_pop(lua, 1);
    }
  });
}

TEST_CASE("withheld names are refused with their reasons") {
  for (const auto& [name, reason] : script::withheld_names()) {
    CAPTURE(name);
    const std::string text = load_refusal("local x = " + name);
    REQUIRE(text.find("'" + name + "' is not available here: " + reason) != std::string::npos);
  }
}
