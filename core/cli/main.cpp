// The launcher. Loading LibTorch takes a quarter of a second, which help need not wait for: the help texts were written
// to files when engram was built. Everything else is in libengram_cli.so.
#include <dlfcn.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

namespace {

namespace fs = std::filesystem;

// The file of a command's help: "engram plugins info --help" -> help/engram-plugins-info.txt. Empty: help is not asked
// for.
fs::path help_file(const fs::path& prefix, int argc, char** argv) {
  std::string name = "engram";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--help" || word == "-h")
      return i + 1 == argc ? prefix / "share/engram/help" / (name + ".txt") : fs::path();
    if (word.empty() || word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") != std::string::npos) return {};
    name += "-" + word;
  }
  return {};
}

bool print_help(const fs::path& file) {
  if (file.empty()) return false;
  std::ifstream text(file);
  if (!text) return false;
  std::cout << text.rdbuf() << std::flush;
  return std::cout.good();
}

int run_program(const fs::path& library, int argc, char** argv) {
  // Plugins find torch's symbols among the global ones.
  void* program = dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL);
  void* entry = program == nullptr ? nullptr : dlsym(program, "engram_main");
  if (entry == nullptr) {
    std::fprintf(stderr,
                 "engram: cannot start: %s\n  fix: install engram again; if torch's libraries have moved, let "
                 "LD_LIBRARY_PATH name their folder\n",
                 dlerror());
    return 1;
  }
  return reinterpret_cast<int (*)(int, char**)>(entry)(argc, argv);
}

}  // namespace

int main(int argc, char** argv) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path prefix = program.parent_path().parent_path();
  if (print_help(help_file(prefix, argc, argv))) return 0;
  return run_program(prefix / "lib/libengram_cli.so", argc, argv);
}
