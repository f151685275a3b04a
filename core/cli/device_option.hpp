// --device of the commands that use a model without a recipe.
#pragma once

#include <c10/core/Device.h>

#include <string>

namespace CLI {
class App;
}

namespace engram::cli {

class DeviceOption {
 public:
  void add_to(CLI::App& command);
  // Opens the device and settles threads and algorithms. Throws InternalError (exit 6) where it is not there.
  at::Device open() const;

 private:
  std::string name_ = "auto";
};

}  // namespace engram::cli
