// Preloaded into a program: counts its operations on files below a folder, writes each down, and sends the process
// signals in the middle of one of them:
//   ENGRAM_KILL_BELOW   the folder
//   ENGRAM_KILL_AT      the number of the operation (0: none); where the process ends there, a write leaves half of its
//                       bytes
//   ENGRAM_KILL_SIGNAL  the numbers of the signals, with spaces between them (default: 9)
//   ENGRAM_KILL_LOG     where the operations are written down, one a line: number, name, path
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>

namespace {

std::atomic<long> counted{0};

std::string absolute(const char* path) {
  if (path == nullptr) return {};
  if (path[0] == '/') return path;
  char here[4096];
  return ::getcwd(here, sizeof(here)) == nullptr ? path : std::string(here) + "/" + path;
}

std::string path_of(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof(path));
  return length < 0 ? std::string() : std::string(path, static_cast<size_t>(length));
}

void write_down(long number, const char* name, const std::string& path) {
  const char* log = std::getenv("ENGRAM_KILL_LOG");
  if (log == nullptr) return;
  const int file =
      static_cast<int>(::syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  const std::string line = std::to_string(number) + "\t" + name + "\t" + path + "\n";
  ::syscall(SYS_write, file, line.data(), line.size());
  ::syscall(SYS_close, file);
}

// Whether this operation is the one that is struck.
bool is_struck(const char* name, const std::string& path) {
  const char* below = std::getenv("ENGRAM_KILL_BELOW");
  if (below == nullptr || !path.starts_with(below)) return false;
  const long number = ++counted;
  write_down(number, name, path);
  const char* struck = std::getenv("ENGRAM_KILL_AT");
  return struck != nullptr && std::atol(struck) == number;
}

// The process may survive it.
void strike() {
  const char* signals = std::getenv("ENGRAM_KILL_SIGNAL");
  std::istringstream numbers(signals != nullptr ? signals : "9");
  for (int number = 0; numbers >> number;) ::kill(::getpid(), number);
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

void before(const char* name, const std::string& path) {
  if (is_struck(name, path)) strike();
}

int open_file(const char* path, int flags, mode_t mode) {
  if ((flags & O_CREAT) != 0) before("create", absolute(path));
  static const auto real = next<int (*)(int, const char*, int, ...)>("openat");
  return real(AT_FDCWD, path, flags, mode);
}

mode_t mode_of(int flags, va_list& arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(arguments, unsigned)) : 0;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file(path, flags, mode);
}

FILE* fopen64(const char* path, const char* mode) {
  if (mode[0] != 'r') before("create", absolute(path));
  static const auto real = next<FILE* (*)(const char*, const char*)>("fopen64");
  return real(path, mode);
}

FILE* fopen(const char* path, const char* mode) {
  if (mode[0] != 'r') before("create", absolute(path));
  static const auto real = next<FILE* (*)(const char*, const char*)>("fopen");
  return real(path, mode);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  size_t done = 0;
  if (is_struck("write", path_of(descriptor))) {
    done = count / 2;
    ::syscall(SYS_write, descriptor, bytes, done);
    strike();
  }
  const ssize_t rest = ::syscall(SYS_write, descriptor, static_cast<const char*>(bytes) + done, count - done);
  return rest < 0 ? rest : rest + static_cast<ssize_t>(done);
}

ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  before("write", path_of(descriptor));
  return ::syscall(SYS_writev, descriptor, parts, count);
}

int rename(const char* from, const char* to) {
  before("rename", absolute(to));
  static const auto real = next<int (*)(const char*, const char*)>("rename");
  return real(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  before("rename", absolute(to));
  static const auto real = next<int (*)(int, const char*, int, const char*, unsigned)>("renameat2");
  return real(from_folder, from, to_folder, to, flags);
}

int link(const char* from, const char* to) {
  before("link", absolute(to));
  static const auto real = next<int (*)(const char*, const char*)>("link");
  return real(from, to);
}

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  before("link", absolute(to));
  static const auto real = next<int (*)(int, const char*, int, const char*, int)>("linkat");
  return real(from_folder, from, to_folder, to, flags);
}

int fsync(int descriptor) {
  before("flush", path_of(descriptor));
  static const auto real = next<int (*)(int)>("fsync");
  return real(descriptor);
}

int mkdir(const char* path, mode_t mode) {
  before("mkdir", absolute(path));
  static const auto real = next<int (*)(const char*, mode_t)>("mkdir");
  return real(path, mode);
}

int unlink(const char* path) {
  before("remove", absolute(path));
  static const auto real = next<int (*)(const char*)>("unlink");
  return real(path);
}

int unlinkat(int folder, const char* path, int flags) {
  before("remove", folder == AT_FDCWD ? absolute(path) : path_of(folder) + "/" + path);
  static const auto real = next<int (*)(int, const char*, int)>("unlinkat");
  return real(folder, path, flags);
}

int remove(const char* path) {
  before("remove", absolute(path));
  static const auto real = next<int (*)(const char*)>("remove");
  return real(path);
}

int ftruncate64(int descriptor, off64_t length) {
  before("truncate", path_of(descriptor));
  static const auto real = next<int (*)(int, off64_t)>("ftruncate64");
  return real(descriptor, length);
}

int ftruncate(int descriptor, off_t length) {
  before("truncate", path_of(descriptor));
  static const auto real = next<int (*)(int, off_t)>("ftruncate");
  return real(descriptor, length);
}

int truncate64(const char* path, off64_t length) {
  before("truncate", absolute(path));
  static const auto real = next<int (*)(const char*, off64_t)>("truncate64");
  return real(path, length);
}

int truncate(const char* path, off_t length) {
  before("truncate", absolute(path));
  static const auto real = next<int (*)(const char*, off_t)>("truncate");
  return real(path, length);
}
}
