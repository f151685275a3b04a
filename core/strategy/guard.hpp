// Every call into a plugin goes through guarded(): whatever it throws becomes a PluginError, and nothing of the
// plugin's own outlives the catch. What is nobody's fault passes: a signal, and memory that ran out.
#pragma once

#include <string>
#include <utility>

#include "recipe/value.hpp"

namespace engram::strategy {

// Which call it is: "strategy 'lora', plan, at encoder.layer.0: text".
struct CallSite {
  std::string plugin;
  std::string phase;         // "plan", "initialise", "on_gradients", ...
  std::string site = {};     // parameter or adapter site; empty: none
  recipe::Place place = {};  // of the strategy in the recipe
};

// Turns the exception in flight into a PluginError. Call only inside a catch block.
[[noreturn]] void rethrow_as_plugin_error(const CallSite& call);

template <class Function>
auto guarded(const CallSite& call, Function&& function) {
  try {
    return std::forward<Function>(function)();
  } catch (...) {
    rethrow_as_plugin_error(call);
  }
}

}  // namespace engram::strategy
