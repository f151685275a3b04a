#include "checkpoint/swap.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/disk.hpp"
#include "base/files.hpp"
#include "checkpoint/checksums.hpp"

namespace engram::checkpoint {
namespace {

namespace fs = std::filesystem;

// In one system call: whatever happens, the target is a whole folder, the old one or the new one.
void exchange(const fs::path& fresh, const fs::path& target) {
  if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS) disk::refuse_write(target, errno);
  // A file system that cannot exchange, such as NFS: for a moment there is neither.
  const fs::path aside = fresh.string() + kAsideMark;
  if (::rename(target.c_str(), aside.c_str()) != 0) disk::refuse_write(target, errno);
  if (::rename(fresh.c_str(), target.c_str()) != 0) {
    const int error = errno;
    if (::rename(aside.c_str(), target.c_str()) != 0) disk::refuse_write(aside, errno);
    disk::refuse_write(target, error);
  }
  std::error_code ignored;
  fs::remove_all(aside, ignored);
}

}  // namespace

FolderSwap::FolderSwap(const fs::path& target) : target_(with_name(target)), fresh_(target_), digests_(fresh_.path()) {}

void FolderSwap::keep_all_but(const std::string& other) const {
  for (const fs::directory_entry& entry : fs::directory_iterator(target_)) {
    const std::string name = entry.path().filename().string();
    if (name == other) continue;
    std::error_code failed;
    fs::create_hard_link(entry.path(), fresh() / name, failed);
    if (failed) fs::copy(entry.path(), fresh() / name, fs::copy_options::recursive);
  }
}

void FolderSwap::commit() const {
  Checksums sums = read_checksums(fresh());
  for (const auto& [name, digest] : digests_.by_name()) sums[name] = digest;
  std::erase_if(sums, [&](const auto& sum) { return !fs::exists(fresh() / sum.first); });
  if (!sums.empty()) write_checksums(fresh(), sums);
  fresh_.remove_lock_file();
  std::error_code unknown;
  if (fs::exists(target_, unknown)) {
    exchange(fresh(), target_);
  } else if (::rename(fresh().c_str(), target_.c_str()) != 0) {
    disk::refuse_write(target_, errno);
  }
  flush_folder(target_.has_parent_path() ? target_.parent_path() : ".");
  std::error_code ignored;  // after an exchange this holds the old checkpoint
  fs::remove_all(fresh(), ignored);
}

}  // namespace engram::checkpoint
