// One LuaJIT state: JIT off, memory capped, every use of it protected.
#pragma once

#include <exception>
#include <string>
#include <type_traits>

#include "recipe/value.hpp"
#include "script/budget.hpp"

namespace engram::script {

class LuaState {
 public:
  LuaState();
  ~LuaState();
  LuaState(const LuaState&) = delete;
  LuaState& operator=(const LuaState&) = delete;

  // Runs work(lua) where Lua errors are caught: host code that touches the state does it in here. A C++ exception of
  // the work passes through unharmed; a Lua error outside call() becomes an InternalError.
  template <class Work>
  void protect(Work&& work) {
    using Held = std::remove_reference_t<Work>;
    Job job{&work, [](const void* held, lua_State* lua) { (*static_cast<Held*>(const_cast<void*>(held)))(lua); },
            nullptr};
    run(job);
  }

  // Calls the function that lies below its `arguments` on the stack, watched, inside protect(). A failure becomes a
  // RecipeError that names `what`, with the line and the traceback; `at` stands in where the line is not known.
  void call(lua_State* lua, int arguments, int results, const std::string& what, const recipe::Place& at,
            int64_t steps);

 private:
  struct Job {
    const void* work;
    void (*invoke)(const void*, lua_State*);
    std::exception_ptr failure;
  };
  static int enter(lua_State* lua);
  void run(Job& job);

  Budget budget_;
  lua_State* lua_ = nullptr;
};

}  // namespace engram::script
