#include "checkpoint/swap.hpp"

#include <unistd.h>

#include "base/errors.hpp"

namespace engram::checkpoint {

FolderSwap::FolderSwap(std::filesystem::path target)
    : target_(std::move(target)), fresh_(target_.string() + ".new-" + std::to_string(::getpid())) {
  std::error_code failed;
  std::filesystem::remove_all(fresh_, failed);
  std::filesystem::create_directories(fresh_, failed);
  if (failed) {
    throw InternalError({.what = "a checkpoint cannot be written: " + failed.message(),
                         .where = fresh_.string(),
                         .fix = "free some space there, or choose another folder with --out"},
                        ExitCode::resources);
  }
}

FolderSwap::~FolderSwap() {
  std::error_code ignored;
  std::filesystem::remove_all(fresh_, ignored);
}

void FolderSwap::commit() const {
  const std::filesystem::path old = target_.string() + ".old-" + std::to_string(::getpid());
  if (std::filesystem::exists(target_)) std::filesystem::rename(target_, old);
  std::filesystem::rename(fresh_, target_);
  std::filesystem::remove_all(old);
}

}  // namespace engram::checkpoint
