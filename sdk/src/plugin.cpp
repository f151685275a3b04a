#include <engram/sdk/plugin.hpp>

#include <utility>

#include <engram/sdk/error.hpp>

namespace engram::sdk {

Registrar::Registrar() = default;
Registrar::~Registrar() = default;

void Registrar::add(StrategyDescription description) {
  for (const StrategyDescription& known : strategies_) {
    if (known.id == description.id) {
      throw Error("the plugin registers the strategy '" + description.id + "' twice",
                  "give every strategy its own kId");
    }
  }
  strategies_.push_back(std::move(description));
}

}  // namespace engram::sdk
