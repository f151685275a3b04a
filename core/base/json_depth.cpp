#include "base/json_depth.hpp"

namespace engram {

bool nests_deeper_than(std::string_view text, int levels) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if ((c == '{' || c == '[') && ++depth > levels) return true;
    if (c == '}' || c == ']') --depth;
  }
  return false;
}

}  // namespace engram
