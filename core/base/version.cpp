#include "base/version.hpp"

namespace engram {

const char* version() { return ENGRAM_VERSION; }

}  // namespace engram
