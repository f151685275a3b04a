#include "base/file_lock.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "support/catch.hpp"

namespace engram {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "engram-lock-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path file() const { return path_ / ".lock"; }

 private:
  std::filesystem::path path_;
};

// Another process that takes the lock and holds it until it is killed.
class Other {
 public:
  explicit Other(const std::filesystem::path& file) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    process_ = ::fork();
    if (process_ == 0) {
      const std::optional<FileLock> lock = FileLock::take(file);
      const char taken = lock ? 'y' : 'n';
      if (::write(ready[1], &taken, 1) != 1) ::_exit(1);
      while (true) ::pause();
    }
    char taken = 0;
    REQUIRE(::read(ready[0], &taken, 1) == 1);
    REQUIRE(taken == 'y');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Other() {
    if (process_ > 0) kill();
  }
  void kill() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  pid_t process() const { return process_; }

 private:
  pid_t process_ = -1;
};

}  // namespace

TEST_CASE("a lock that another process holds cannot be taken, and is free as soon as that process is killed") {
  const Folder folder;
  Other other(folder.file());
  CHECK(FileLock::held(folder.file()));
  CHECK_FALSE(FileLock::take(folder.file()));
  CHECK(FileLock::holder(folder.file()).find("process " + std::to_string(other.process()) + " on ") == 0);
  other.kill();
  CHECK_FALSE(FileLock::held(folder.file()));
  CHECK(FileLock::take(folder.file()));
}

TEST_CASE("a lock can be waited for, and whoever waits is told once") {
  const Folder folder;
  Other other(folder.file());
  int told = 0;
  const FileLock lock = FileLock::wait(folder.file(), "", [&] {
    ++told;
    other.kill();
  });
  CHECK(told == 1);
  CHECK(lock.in_place());
}

TEST_CASE("waiting for a lock ends with an interruption") {
  const Folder folder;
  const Other other(folder.file());
  CHECK_THROWS_AS(FileLock::wait(folder.file(), "", [] { interrupt::request(); }), interrupt::Interrupted);
  interrupt::clear();
}

TEST_CASE("a lock says whether its file still lies where it was") {
  const Folder folder;
  std::optional<FileLock> lock = FileLock::take(folder.file());
  REQUIRE(lock);
  CHECK(lock->in_place());
  std::filesystem::rename(folder.file(), folder.file().string() + "-moved");
  CHECK_FALSE(lock->in_place());
  lock->moved_to(folder.file().string() + "-moved");
  CHECK(lock->in_place());
  std::filesystem::remove(folder.file().string() + "-moved");
  CHECK_FALSE(lock->in_place());
}

TEST_CASE("a lock in a folder that is not there is a failure of resources, with the way out that was given") {
  const Folder folder;
  try {
    FileLock::take(folder.file().parent_path() / "gone/.lock", "name another folder");
    FAIL("taken");
  } catch (const InternalError& error) {
    CHECK(error.exit_code() == ExitCode::resources);
    CHECK(std::string(error.what())
              .find("gone/.lock: cannot be locked: No such file or directory. Fix: bring the "
                    "folder back, which was removed, moved or unmounted, or name another folder") != std::string::npos);
  }
}

TEST_CASE("a lock file that says nothing useful is held by another process") {
  const Folder folder;
  CHECK(FileLock::holder(folder.file()) == "another process");
  write_file_atomically(folder.file(), "");
  CHECK(FileLock::holder(folder.file()) == "another process");
  write_file_atomically(folder.file(), "\x1b[2Jwho\n");
  CHECK(FileLock::holder(folder.file()) == "another process");
}

}  // namespace engram
