#include "script/outside_check.hpp"

#include <set>
#include <utility>

#include "base/errors.hpp"

namespace engram::script {

OutsideCheck::OutsideCheck(LuaState& state, int modules, std::vector<Watched> functions)
    : lua_(state), modules_(modules), functions_(std::move(functions)) {
  for (const Watched& watched : functions_) known_.push_back(look(watched.function));
}

std::vector<OutsideVariable> OutsideCheck::look(const Callback& function) {
  std::vector<OutsideVariable> variables;
  lua_.protect([&](lua_State* lua) {
    push_reference(lua, modules_);
    push_reference(lua, function.reference);
    variables = outside_variables(lua);
  });
  return variables;
}

void OutsideCheck::check() {
  Faults faults;
  std::set<std::string> told;  // several functions may reach one variable; the first stands for all
  for (size_t i = 0; i < functions_.size(); ++i) {
    const Watched& watched = functions_[i];
    std::vector<OutsideVariable> now = look(watched.function);
    const OutsideVariable* changed = first_change(known_[i], now);
    if (changed != nullptr && told.insert(changed->name + " " + changed->where).second) {
      const std::string whose =
          changed->where.empty() ? "" : " (a local outside the function at " + changed->where + ")";
      faults.add({watched.title + " changes '" + changed->name + "'" + whose + ", which no checkpoint keeps",
                  watched.function.place.text(), "", watched.fix});
    }
    known_[i] = std::move(now);
  }
  faults.raise<RecipeError>();
}

}  // namespace engram::script
