#include "hub/partial_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/disk.hpp"
#include "base/files.hpp"

namespace engram::hub {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, int error_number) {
  disk::refuse_write(file, error_number, "let HF_HUB_CACHE name another folder; what has been fetched is kept");
}

}  // namespace

PartialFile::PartialFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code failed;
  std::filesystem::create_directories(path_.parent_path(), failed);
  if (failed) refuse(path_, failed.value());
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
  struct stat facts {};
  if (descriptor_ < 0 || ::fstat(descriptor_, &facts) != 0) refuse(path_, errno);
  size_ = static_cast<uint64_t>(facts.st_size);
}

PartialFile::~PartialFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void PartialFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) refuse(path_, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
    size_ += static_cast<uint64_t>(written);
  }
}

void PartialFile::restart() {
  if (::ftruncate(descriptor_, 0) != 0) refuse(path_, errno);
  size_ = 0;
}

void PartialFile::remove() {
  ::unlink(path_.c_str());
  size_ = 0;
}

void PartialFile::publish(const std::filesystem::path& name) {
  if (::fsync(descriptor_) != 0 || ::rename(path_.c_str(), name.c_str()) != 0) refuse(path_, errno);
  flush_folder(name.parent_path());
}

}  // namespace engram::hub
