// Every call into a plugin goes through guarded(): whatever it throws becomes a PluginError, and nothing of the
// plugin's own outlives the catch; what it changes of the process (process_state.hpp) is put back and told as its
// fault. What is nobody's fault passes: a signal, and memory that ran out. Under --strict-plugins a Watch looks on.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "base/errors.hpp"
#include "recipe/value.hpp"
#include "strategy/process_state.hpp"

namespace engram::strategy {

class Watch;

// Which call it is: "strategy 'lora', plan, at encoder.layer.0: text".
struct CallSite {
  std::string plugin;
  std::string phase;                  // "plan", "initialise", "on_gradients", ...
  std::string site = {};              // parameter or adapter site; empty: none
  recipe::Place place = {};           // of the strategy in the recipe
  std::shared_ptr<Watch> watch = {};  // null: not under --strict-plugins

  // "strategy 'lora', plan, at encoder.layer.0".
  std::string text() const;
  // That it did `what` in this call.
  PluginError offence(const std::string& what, const std::string& fix = {}) const;
};

// The innermost call into a plugin that has not returned, for whoever has to say why the process ends; null: none.
const CallSite* call_in_flight();

// Turns the exception in flight into a PluginError. Call only inside a catch block.
[[noreturn]] void rethrow_as_plugin_error(const CallSite& call);

// In being for the time of one call. The process's state is as before when it goes.
class Supervision {
 public:
  explicit Supervision(const CallSite& call);
  ~Supervision();
  Supervision(const Supervision&) = delete;
  Supervision& operator=(const Supervision&) = delete;

  // After the call has returned: throws PluginError when it changed what it may not.
  void check();

 private:
  const CallSite& call_;
  const CallSite* outer_;
  ProcessState before_;
  bool checked_ = false;
};

template <class Function>
auto guarded(const CallSite& call, Function&& function) {
  Supervision supervision(call);
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Function>>) {
      std::forward<Function>(function)();
      supervision.check();
    } else {
      auto result = std::forward<Function>(function)();
      supervision.check();
      return result;
    }
  } catch (...) {
    rethrow_as_plugin_error(call);
  }
}

}  // namespace engram::strategy
