#include "checkpoint/halves.hpp"

#include <unistd.h>

#include <string>
#include <system_error>
#include <vector>

#include "base/disk.hpp"
#include "checkpoint/fresh_folder.hpp"
#include "checkpoint/swap.hpp"

namespace engram::checkpoint {

namespace fs = std::filesystem;

void remove_whole(const fs::path& folder) {
  if (!fs::exists(folder)) return;
  const fs::path rest = folder.string() + kFreshMark + std::to_string(::getpid());
  std::error_code failed;
  fs::remove_all(rest, failed);  // of a process that was killed and had the same number
  fs::rename(folder, rest, failed);
  if (failed) disk::refuse_write(folder, failed.value());
  fs::remove_all(rest, failed);
}

void sweep_halves(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> halves;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename().string().find(kFreshMark) != std::string::npos) halves.push_back(entry.path());
  }
  for (const fs::path& half : halves) {
    const std::string name = half.filename().string();
    const fs::path target = folder / name.substr(0, name.find(kFreshMark));
    if (name.ends_with(kAsideMark) && !fs::exists(target, ignored)) fs::rename(half, target, ignored);
    fs::remove_all(half, ignored);
  }
}

}  // namespace engram::checkpoint
