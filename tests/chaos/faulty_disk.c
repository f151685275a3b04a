// Preloaded into a program (LD_PRELOAD): a disk that fails. Counts the calls that write, flush, truncate, link, rename, or
// make files and folders below a folder, and spoils them from a given one on.
//   FAULTY_DISK_BELOW  the folder, with a slash at its end
//   FAULTY_DISK_AT     the number of the first call that is spoilt (0: none)
//   FAULTY_DISK_HOW    an error's name (ENOSPC, EDQUOT, EROFS, EIO): that call fails, and
//   FAULTY_DISK_EVER     if set, so do all after it
//                      full: writes take half of their bytes and then nothing; no file or folder can be made
//                      short: that write takes half of its bytes
//                      slow: every call takes FAULTY_DISK_WAIT milliseconds more
//   FAULTY_DISK_LOG    where the calls are written down, one a line: number, name, path
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { kWhole = 0, kHalf = -1 };  // otherwise an error number

static long counted;

static const char* setting(const char* name) {
  const char* value = getenv(name);
  return value == NULL ? "" : value;
}

static void path_in(int folder, const char* path, char* whole) {
  char start[PATH_MAX] = "";
  if (path[0] != '/') {
    char link[64];
    snprintf(link, sizeof(link), folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
    const ssize_t length = readlink(link, start, sizeof(start) - 2);
    start[length < 0 ? 0 : length] = '\0';
    if (path[0] != '\0') strcat(start, "/");
  }
  snprintf(whole, 2 * PATH_MAX, "%s%s", start, path);
}

static int error_number(const char* name) {
  if (strcmp(name, "EDQUOT") == 0) return EDQUOT;
  if (strcmp(name, "EROFS") == 0) return EROFS;
  if (strcmp(name, "EIO") == 0) return EIO;
  return ENOSPC;
}

static void write_down(const char* name, const char* path) {
  char line[2 * PATH_MAX + 64];
  if (*setting("FAULTY_DISK_LOG") == '\0') return;
  const long file = syscall(SYS_openat, AT_FDCWD, setting("FAULTY_DISK_LOG"), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int length = snprintf(line, sizeof(line), "%ld\t%s\t%s\n", counted, name, path);
  syscall(SYS_write, file, line, length);
  syscall(SYS_close, file);
}

// What becomes of this call. `makes`: it makes a file or folder; `writes`: it writes bytes.
static int fate(int folder, const char* path, const char* name, int makes, int writes) {
  char whole[2 * PATH_MAX];
  const char* below = setting("FAULTY_DISK_BELOW");
  path_in(folder, path, whole);
  if (*below == '\0' || strncmp(whole, below, strlen(below)) != 0) return kWhole;
  ++counted;
  write_down(name, whole);
  const char* how = setting("FAULTY_DISK_HOW");
  if (strcmp(how, "slow") == 0) {
    const long wait = atol(setting("FAULTY_DISK_WAIT"));
    const struct timespec pause = {wait / 1000, wait % 1000 * 1000000};
    nanosleep(&pause, NULL);
    return kWhole;
  }
  const long first = atol(setting("FAULTY_DISK_AT"));
  if (first == 0 || counted < first) return kWhole;
  if (strcmp(how, "full") == 0) return writes ? (counted == first ? kHalf : ENOSPC) : makes ? ENOSPC : kWhole;
  if (counted > first && *setting("FAULTY_DISK_EVER") == '\0') return kWhole;
  if (strcmp(how, "short") == 0) return writes ? kHalf : kWhole;
  return error_number(how);
}

static int failed(int error) {
  errno = error;
  return -1;
}

static void* next(const char* name) { return dlsym(RTLD_NEXT, name); }

static size_t part(size_t count, int what) { return what == kHalf && count > 1 ? count / 2 : count; }

ssize_t write(int file, const void* bytes, size_t count) {
  const int what = fate(file, "", "write", 0, 1);
  if (what > 0) return failed(what);
  return ((ssize_t(*)(int, const void*, size_t))next("write"))(file, bytes, part(count, what));
}

ssize_t pwrite(int file, const void* bytes, size_t count, off_t at) {
  const int what = fate(file, "", "pwrite", 0, 1);
  if (what > 0) return failed(what);
  return ((ssize_t(*)(int, const void*, size_t, off_t))next("pwrite"))(file, bytes, part(count, what), at);
}

ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t at) { return pwrite(file, bytes, count, at); }

ssize_t writev(int file, const struct iovec* parts, int count) {
  const int what = fate(file, "", "writev", 0, 1);
  if (what > 0) return failed(what);
  return ((ssize_t(*)(int, const struct iovec*, int))next("writev"))(file, parts, count);
}

int fsync(int file) {
  const int what = fate(file, "", "fsync", 0, 0);
  return what > 0 ? failed(what) : ((int (*)(int))next("fsync"))(file);
}

int fdatasync(int file) {
  const int what = fate(file, "", "fdatasync", 0, 0);
  return what > 0 ? failed(what) : ((int (*)(int))next("fdatasync"))(file);
}

int ftruncate(int file, off_t size) {
  const int what = fate(file, "", "ftruncate", 0, 0);
  return what > 0 ? failed(what) : ((int (*)(int, off_t))next("ftruncate"))(file, size);
}

int ftruncate64(int file, off64_t size) { return ftruncate(file, size); }

int rename(const char* from, const char* to) {
  const int what = fate(AT_FDCWD, to, "rename", 0, 0);
  return what > 0 ? failed(what) : ((int (*)(const char*, const char*))next("rename"))(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned int flags) {
  const int what = fate(to_folder, to, "renameat2", 0, 0);
  if (what > 0) return failed(what);
  return ((int (*)(int, const char*, int, const char*, unsigned int))next("renameat2"))(from_folder, from, to_folder, to,
                                                                                       flags);
}

int link(const char* from, const char* to) {
  const int what = fate(AT_FDCWD, to, "link", 1, 0);
  return what > 0 ? failed(what) : ((int (*)(const char*, const char*))next("link"))(from, to);
}

int mkdir(const char* path, mode_t mode) {
  struct stat there;
  if (stat(path, &there) == 0) return failed(EEXIST);
  const int what = fate(AT_FDCWD, path, "mkdir", 1, 0);
  return what > 0 ? failed(what) : ((int (*)(const char*, mode_t))next("mkdir"))(path, mode);
}

static int opened(const char* name, int folder, const char* path, int flags, mode_t mode) {
  if ((flags & O_ACCMODE) != O_RDONLY) {
    struct stat there;
    const int makes = (flags & O_CREAT) != 0 && fstatat(folder, path, &there, 0) != 0;
    const int what = fate(folder, path, name, makes, 0);
    if (what > 0) return failed(what);
  }
  return ((int (*)(int, const char*, int, ...))next("openat"))(folder, path, flags, mode);
}

#define MODE(flags)                       \
  mode_t mode = 0;                        \
  if (((flags) & (O_CREAT | O_TMPFILE)) != 0) { \
    va_list rest;                         \
    va_start(rest, flags);                \
    mode = va_arg(rest, mode_t);          \
    va_end(rest);                         \
  }

int open(const char* path, int flags, ...) {
  MODE(flags)
  return opened("open", AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  MODE(flags)
  return opened("open", AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  MODE(flags)
  return opened("openat", folder, path, flags, mode);
}

static FILE* stream(const char* name, const char* path, const char* mode) {
  if (mode[0] != 'r') {
    const int what = fate(AT_FDCWD, path, "fopen", 1, 0);
    if (what > 0) {
      errno = what;
      return NULL;
    }
  }
  return ((FILE * (*)(const char*, const char*)) next(name))(path, mode);
}

FILE* fopen(const char* path, const char* mode) { return stream("fopen", path, mode); }
FILE* fopen64(const char* path, const char* mode) { return stream("fopen64", path, mode); }
