#include "report/line_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/disk.hpp"

namespace engram::report {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, int error_number) {
  disk::refuse_write(file, error_number, "begin in another run folder");
}

}  // namespace

LineFile::LineFile(const std::filesystem::path& file) : file_(file) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  if (error) fail(file, error.value());
  descriptor_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(file, errno);
}

LineFile::~LineFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void LineFile::append(std::string_view line) {
  std::string bytes(line);
  bytes += '\n';
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (written >= 0) {
      done += static_cast<size_t>(written);
    } else if (errno != EINTR) {
      const int error = errno;
      // Half a line would spoil the file for whoever reads it before the run goes on.
      if (done > 0) truncate(size() - static_cast<int64_t>(done));
      fail(file_, error);
    }
  }
}

int64_t LineFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail(file_, errno);
  return status.st_size;
}

void LineFile::flush() const {
  while (::fsync(descriptor_) != 0) {
    if (errno != EINTR) fail(file_, errno);
  }
}

void LineFile::truncate(int64_t bytes) const {
  if (::ftruncate(descriptor_, bytes) != 0) fail(file_, errno);
}

}  // namespace engram::report
