#include "report/line_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "base/errors.hpp"

namespace engram::report {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& reason) {
  throw InternalError(
      {.what = "cannot write " + file.string() + ": " + reason, .fix = "free some space or choose another run folder"},
      ExitCode::resources);
}

}  // namespace

LineFile::LineFile(const std::filesystem::path& file) : file_(file) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  if (error) fail(file, error.message());
  descriptor_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(file, std::strerror(errno));
}

LineFile::~LineFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void LineFile::append(std::string_view line) {
  std::string bytes(line);
  bytes += '\n';
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(file_, std::strerror(errno));
    done += static_cast<size_t>(written);
  }
}

bool LineFile::empty() const {
  struct stat status {};
  return ::fstat(descriptor_, &status) == 0 && status.st_size == 0;
}

}  // namespace engram::report
