#include "checkpoint/fresh_folder.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <vector>

namespace engram::checkpoint {
namespace {

namespace fs = std::filesystem;

// The process in "NAME.new-4711"; 0: it is no such name.
pid_t maker_of(const std::string& name, const std::string& target) {
  const std::string start = target + kFreshMark;
  pid_t maker = 0;
  if (!name.starts_with(start)) return 0;
  const auto [end, error] = std::from_chars(name.data() + start.size(), name.data() + name.size(), maker);
  return error == std::errc() && end == name.data() + name.size() ? maker : 0;
}

// The lock tells of processes in other containers and on other machines; the number also of one that is about to take
// the lock. A process that was killed may have had this one's number.
bool is_abandoned(const fs::path& folder, pid_t maker) {
  const bool ended = maker == ::getpid() || (::kill(maker, 0) != 0 && errno == ESRCH);
  return ended && !FileLock::held(folder / kLockFile);
}

fs::path fresh_path(const fs::path& target) {
  const fs::path path = target.string() + kFreshMark + std::to_string(::getpid());
  std::error_code failed;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), failed);
  if (failed) disk::refuse_write(path.parent_path(), failed.value());
  return path;
}

}  // namespace

fs::path with_name(const fs::path& folder) {
  if (folder.has_filename() && folder.filename() != "." && folder.filename() != "..") return folder;
  const fs::path whole = fs::absolute(folder).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

void remove_abandoned(const fs::path& target) {
  std::error_code ignored;  // what cannot be removed is no obstacle
  const std::string name = target.filename().string();
  const fs::path beside = target.has_parent_path() ? target.parent_path() : ".";
  std::vector<fs::path> abandoned;
  for (const fs::directory_entry& entry : fs::directory_iterator(beside, ignored)) {
    const pid_t maker = maker_of(entry.path().filename().string(), name);
    if (maker > 0 && is_abandoned(entry.path(), maker)) abandoned.push_back(entry.path());
  }
  for (const fs::path& folder : abandoned) fs::remove_all(folder, ignored);
}

FreshFolder::FreshFolder(const fs::path& target) : path_(fresh_path(target)) {
  remove_abandoned(target);
  if (::mkdir(path_.c_str(), 0777) != 0) disk::refuse_write(path_, errno);
  try {
    std::optional<FileLock> lock = FileLock::take(path_ / kLockFile);
    if (!lock) disk::refuse_write(path_, EBUSY);
    lock_.emplace(std::move(*lock));
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    throw;
  }
}

FreshFolder::~FreshFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

FileLock FreshFolder::take_lock() {
  FileLock lock = std::move(*lock_);
  lock_.reset();
  return lock;
}

void FreshFolder::remove_lock_file() const {
  std::error_code ignored;
  fs::remove(path_ / kLockFile, ignored);
}

}  // namespace engram::checkpoint
