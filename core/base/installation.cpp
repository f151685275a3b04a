#include "base/installation.hpp"

#include <cstdlib>
#include <system_error>

#include "base/errors.hpp"

namespace engram {

Installation Installation::locate() {
  std::error_code error;
  Installation here;
  here.program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    throw InternalError({.what = "the program cannot find its own file: " + error.message(),
                         .where = "/proc/self/exe",
                         .fix = "run engram where /proc is mounted"});
  }
  const std::filesystem::path prefix = here.program.parent_path().parent_path();
  const char* scripts = std::getenv("ENGRAM_SCRIPTS");
  here.scripts =
      scripts != nullptr && *scripts != '\0' ? std::filesystem::path(scripts) : prefix / "share/engram/scripts";
  here.plugins = prefix / "lib/engram/plugins";
  here.plugin_template = prefix / "share/engram/template";
  return here;
}

}  // namespace engram
