#include "checkpoint/swap.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/errors.hpp"

namespace engram::checkpoint {
namespace {

[[noreturn]] void cannot_write(const std::filesystem::path& folder, const std::string& reason) {
  throw InternalError({.what = "a checkpoint cannot be written: " + reason,
                       .where = folder.string(),
                       .fix = "free some space there, or choose another folder with --out"},
                      ExitCode::resources);
}

// The fresh folder lies beside the target, also where that is called "models/new/" or ".".
std::filesystem::path with_name(std::filesystem::path target) {
  if (target.has_filename() && target.filename() != ".") return target;
  const std::filesystem::path whole = std::filesystem::absolute(target).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

}  // namespace

FolderSwap::FolderSwap(std::filesystem::path target)
    : target_(with_name(std::move(target))), fresh_(target_.string() + ".new-" + std::to_string(::getpid())) {
  std::error_code failed;
  std::filesystem::remove_all(fresh_, failed);
  std::filesystem::create_directories(fresh_, failed);
  if (failed) cannot_write(fresh_, failed.message());
}

FolderSwap::~FolderSwap() {
  std::error_code ignored;
  std::filesystem::remove_all(fresh_, ignored);
}

void FolderSwap::commit() const {
  // One system call either way: whatever happens, the target is a whole checkpoint, the old one or the new one.
  const unsigned int flags = std::filesystem::exists(target_) ? RENAME_EXCHANGE : 0;
  if (::renameat2(AT_FDCWD, fresh_.c_str(), AT_FDCWD, target_.c_str(), flags) != 0) {
    cannot_write(target_, std::strerror(errno));
  }
  std::error_code ignored;  // after an exchange this holds the old checkpoint
  std::filesystem::remove_all(fresh_, ignored);
}

}  // namespace engram::checkpoint
