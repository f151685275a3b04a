// How deeply JSON nests, seen before a parser or a printer recurses over it.
#pragma once

#include <string_view>

namespace engram {

// Whether objects and lists lie in one another more than `levels` deep. The text need not be sound.
bool nests_deeper_than(std::string_view text, int levels);

}  // namespace engram
