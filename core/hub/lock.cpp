#include "hub/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/errors.hpp"
#include "base/interrupt.hpp"

namespace engram::hub {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(100);

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& reason) {
  throw InternalError({.what = "cannot be locked: " + reason,
                       .where = file.string(),
                       .fix = "let HF_HUB_CACHE name a folder that can be written"},
                      ExitCode::resources);
}

}  // namespace

Lock::Lock(const std::filesystem::path& file, const std::function<void()>& waits) {
  std::error_code failed;
  std::filesystem::create_directories(file.parent_path(), failed);
  if (failed) refuse(file, failed.message());
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) refuse(file, std::strerror(errno));
  try {
    for (bool told = false; ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0;) {
      if (errno != EWOULDBLOCK && errno != EINTR) refuse(file, std::strerror(errno));
      if (!told) waits();
      told = true;
      std::this_thread::sleep_for(kLookAgain);
      interrupt::check();
    }
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

Lock::~Lock() { ::close(descriptor_); }

}  // namespace engram::hub
