#include "run/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/errors.hpp"
#include "base/interrupt.hpp"

namespace engram::run {
namespace {

constexpr const char* kItself = "/proc/self/exe";

// Looks now and then: a signal that arrives just before a wait for the process would not end that wait.
int wait_for(pid_t process) {
  constexpr auto kPause = std::chrono::milliseconds(10);
  bool passed_on = false;
  for (int status = 0;; std::this_thread::sleep_for(kPause)) {
    const pid_t ended = ::waitpid(process, &status, WNOHANG);
    if (ended == process) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (ended < 0) throw InternalError({.what = std::string("a process was lost: ") + std::strerror(errno)});
    if (interrupt::requested() && !passed_on) {
      ::kill(process, SIGTERM);
      passed_on = true;
    }
  }
}

}  // namespace

int run_engram(const std::vector<std::string>& arguments, const std::filesystem::path& output) {
  std::vector<std::string> words = {"engram"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  pid_t process = 0;
  const int failed = ::posix_spawn(&process, kItself, &files, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (failed != 0) {
    throw InternalError({.what = std::string("engram cannot be started again: ") + std::strerror(failed),
                         .where = output.string(),
                         .fix = "free some memory, and let the folder be written to"},
                        ExitCode::resources);
  }
  return wait_for(process);
}

}  // namespace engram::run
