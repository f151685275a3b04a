#include "cli/machine.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/process.hpp"
#include "base/text.hpp"

namespace engram::cli {
namespace {

namespace fs = std::filesystem;

// The text behind "key: value" of the first such line, or "".
std::string entry(const fs::path& file, const std::string& key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const size_t colon = line.find(':');
    if (colon != std::string::npos && text::trim(line.substr(0, colon)) == key)
      return text::trim(line.substr(colon + 1));
  }
  return "";
}

std::string first_line(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return text::trim(line);
}

uint64_t number_in(const std::string& text) {
  uint64_t number = 0;
  std::istringstream(text) >> number;
  return number;
}

bool has_flag(const std::string& flag) {
  const std::vector<std::string> flags = text::split(entry("/proc/cpuinfo", "flags"), ' ');
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

}  // namespace

std::string processor() {
  const std::string name = entry("/proc/cpuinfo", "model name");
  const int cores = usable_cores();
  std::string facts =
      (name.empty() ? "unknown" : name) + ", " + std::to_string(cores) + (cores == 1 ? " core" : " cores");
  if (has_flag("avx2")) facts += ", AVX2";
  if (has_flag("avx512f")) facts += ", AVX-512";
  if (has_flag("avx512_bf16") || has_flag("amx_bf16")) facts += ", bf16";
  return facts;
}

bool has_avx2() { return has_flag("avx2"); }

Memory memory() {
  Memory memory{number_in(entry("/proc/meminfo", "MemTotal")) * 1024,
                number_in(entry("/proc/meminfo", "MemAvailable")) * 1024};
  // "max" reads as no number, hence 0: no limit.
  const uint64_t limit = number_in(first_line("/sys/fs/cgroup/memory.max"));
  if (limit > 0 && limit < memory.total) {
    const uint64_t used = number_in(first_line("/sys/fs/cgroup/memory.current"));
    memory = {limit, std::min(memory.available, limit - std::min(limit, used))};
  }
  return memory;
}

uint64_t free_bytes(const fs::path& folder) {
  std::error_code error;
  fs::path existing = fs::absolute(folder, error);
  while (!fs::exists(existing, error) && existing.has_relative_path()) existing = existing.parent_path();
  const fs::space_info space = fs::space(existing, error);
  return error ? 0 : space.available;
}

bool gpu_driver_present() { return fs::exists("/dev/nvidiactl"); }

std::string gpu_driver() {
  for (const std::string& word : text::split(first_line("/proc/driver/nvidia/version"), ' ')) {
    if (!word.empty() && word.front() >= '0' && word.front() <= '9' && word.find('.') != std::string::npos) return word;
  }
  return "of unknown version";
}

std::string gpu_names() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& gpu : fs::directory_iterator("/proc/driver/nvidia/gpus", error)) {
    names.push_back(entry(gpu.path() / "information", "Model"));
  }
  return text::join(names, ", ");
}

LoadedSymbol loaded_symbol(const char* name) {
  LoadedSymbol symbol{dlsym(RTLD_DEFAULT, name), {}};
  Dl_info facts{};
  if (symbol.address != nullptr && dladdr(symbol.address, &facts) != 0 && facts.dli_fname != nullptr) {
    symbol.library = facts.dli_fname;
  }
  return symbol;
}

}  // namespace engram::cli
