#include <engram/sdk/model_view.hpp>

namespace engram::sdk {

int64_t Parameter::count() const {
  int64_t product = 1;
  for (const int64_t size : shape) product *= size;
  return product;
}

}  // namespace engram::sdk
