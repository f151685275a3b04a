#include "base/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"

namespace engram {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(100);
// Who only looks whether a lock is held, holds it for a moment.
constexpr int kTries = 5;
constexpr auto kProbed = std::chrono::milliseconds(10);
constexpr std::string_view kCannot = "cannot be locked";

bool lies_at(int descriptor, const std::filesystem::path& file) {
  struct stat held {
  }, there{};
  return ::fstat(descriptor, &held) == 0 && ::stat(file.c_str(), &there) == 0 && held.st_ino == there.st_ino &&
         held.st_dev == there.st_dev;
}

bool knows_no_locks(int error_number) {
  return error_number == ENOLCK || error_number == ENOSYS || error_number == EOPNOTSUPP || error_number == EINVAL;
}

int open_or_make(const std::filesystem::path& file, std::string_view instead) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor < 0) disk::refuse_write(file, errno, instead, kCannot);
  return descriptor;
}

// 0 when it is held now, else the system's error number.
int try_flock(int descriptor, int kind) {
  while (::flock(descriptor, kind | LOCK_NB) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

// A disk without room for it is no obstacle: the lock is held all the same.
void write_holder(int descriptor) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::string text = std::to_string(::getpid()) + " on " + host.data() + "\n";
  const bool written = ::ftruncate(descriptor, 0) == 0 &&
                       ::pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  if (!written) log::debug("the lock does not say who holds it");
}

}  // namespace

FileLock FileLock::wait(const std::filesystem::path& file, std::string_view instead,
                        const std::function<void()>& waits) {
  std::error_code failed;
  std::filesystem::create_directories(file.parent_path(), failed);
  if (failed) disk::refuse_write(file, failed.value(), instead, kCannot);
  for (bool told = false;;) {
    FileLock lock(file, open_or_make(file, instead));
    const int error = try_flock(lock.descriptor_, LOCK_EX);
    if (error != 0 && error != EWOULDBLOCK) disk::refuse_write(file, error, instead, kCannot);
    // Who held it may have removed the file.
    if (error == 0 && lock.in_place()) return lock;
    if (error == 0) continue;
    if (!told) waits();
    told = true;
    std::this_thread::sleep_for(kLookAgain);
    interrupt::check();
  }
}

std::optional<FileLock> FileLock::take(const std::filesystem::path& file, std::string_view instead) {
  for (int tries = 1;; ++tries) {
    FileLock lock(file, open_or_make(file, instead));
    const int error = try_flock(lock.descriptor_, LOCK_EX);
    if (error == EWOULDBLOCK && tries == kTries) return {};
    if (error == EWOULDBLOCK) {
      std::this_thread::sleep_for(kProbed);
      continue;
    }
    if (error != 0 && !knows_no_locks(error)) disk::refuse_write(file, error, instead, kCannot);
    if (error != 0) {
      log::warning("the file system of " + file.string() +
                   " knows no locks: take care that no second run writes into this folder");
    }
    if (!lock.in_place()) continue;
    write_holder(lock.descriptor_);
    return lock;
  }
}

bool FileLock::held(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return false;
  const FileLock probe(file, descriptor);
  return try_flock(descriptor, LOCK_SH) == EWOULDBLOCK;
}

std::string FileLock::holder(const std::filesystem::path& file) {
  try {
    const std::string text = read_file(file);
    const std::string line = text.substr(0, text.find('\n'));
    const bool says = !line.empty() && line.find_first_not_of("0123456789") == line.find(' ');
    return says ? "process " + line : "another process";
  } catch (const Error&) {
    return "another process";
  }
}

FileLock::FileLock(FileLock&& other) noexcept
    : file_(std::move(other.file_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool FileLock::in_place() const { return lies_at(descriptor_, file_); }

}  // namespace engram
