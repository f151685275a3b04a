// Where the running program lies, and what belongs to it. The build tree and an installed tree have the same shape.
#pragma once

#include <filesystem>

namespace engram {

struct Installation {
  std::filesystem::path program;  // the running executable, links resolved
  std::filesystem::path scripts;  // holds engram/*.lua: $ENGRAM_SCRIPTS, else ../share/engram/scripts of the program
  std::filesystem::path plugins;  // ../lib/engram/plugins of the program
  std::filesystem::path plugin_template;  // ../share/engram/template of the program: what `engram new plugin` copies

  // Asks the system; nothing is checked to exist. Throws InternalError when the system does not say.
  static Installation locate();
};

}  // namespace engram
