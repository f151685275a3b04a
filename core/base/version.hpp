// The version of engram itself.
#pragma once

namespace engram {

// "0.1.0", from the project's CMake file.
const char* version();

}  // namespace engram
