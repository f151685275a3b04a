#include "data/byte_stream.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/disk.hpp"
#include "base/interrupt.hpp"

namespace engram::data {
namespace {

constexpr int kPollMilliseconds = 100;  // how late an interrupt may be seen
constexpr int kPipeBytes = 1 << 20;     // so that a fast writer fills large batches; a wish

[[noreturn]] void refuse(const std::string& name) {
  disk::refuse_read(name, errno, "name a file that is there, or - for standard input");
}

bool readable(int file, int milliseconds) {
  pollfd asked{.fd = file, .events = POLLIN, .revents = 0};
  return poll(&asked, 1, milliseconds) > 0;
}

}  // namespace

ByteStream::ByteStream(const std::string& file) : name_(file == "-" ? "standard input" : file) {
  file_ = file == "-" ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat facts {};
  if (file_ < 0 || fstat(file_, &facts) != 0) refuse(name_);
  live_ = !S_ISREG(facts.st_mode);
  if (S_ISFIFO(facts.st_mode)) fcntl(file_, F_SETPIPE_SZ, kPipeBytes);
}

ByteStream::~ByteStream() {
  if (file_ > STDIN_FILENO) close(file_);
}

bool ByteStream::ready() const { return !at_end_ && readable(file_, 0); }

void ByteStream::read(std::string& buffer, size_t most) {
  const size_t before = buffer.size();
  if (at_end_) return;
  while (!readable(file_, kPollMilliseconds)) interrupt::check();
  interrupt::check();
  buffer.resize(before + most);
  const ssize_t got = ::read(file_, buffer.data() + before, most);
  buffer.resize(before + (got > 0 ? static_cast<size_t>(got) : 0));
  const bool failed = got < 0 && errno != EINTR && errno != EAGAIN;
  at_end_ = got == 0 || failed;
  if (failed) refuse(name_);
}

}  // namespace engram::data
