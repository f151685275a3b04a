// What other threads may do to the first rooms: torch's worker threads take signals, several processes take one lock,
// and a log line may come from anywhere. `make sanitize` runs these under the thread sanitizer.
#include <atomic>
#include <csignal>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include <unistd.h>

#include <sys/wait.h>

#include "base/file_lock.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/seeds.hpp"
#include "base/text.hpp"
#include "support/at_once.hpp"
#include "support/catch.hpp"

namespace engram {

using test::at_once;
using test::kThreads;

namespace {

std::filesystem::path fresh_folder(const std::string& name) {
  const auto folder = std::filesystem::temp_directory_path() / ("engram-" + name + "-" + std::to_string(getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

}  // namespace

TEST_CASE("a signal is seen by every loop, on whatever thread it is handled", "[base]") {
  interrupt::clear();
  interrupt::watch();
  std::atomic<int> looping = 0, stopped = 0;
  std::thread sender([&] {
    while (looping < kThreads) std::this_thread::yield();
    ::kill(::getpid(), SIGTERM);
  });
  at_once([&](int) {
    ++looping;
    try {
      while (true) interrupt::check();
    } catch (const interrupt::Interrupted&) {
      ++stopped;
    }
  });
  sender.join();
  CHECK(stopped == kThreads);
  interrupt::clear();
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
}

TEST_CASE("lines that several threads log at once arrive whole, every one", "[base]") {
  constexpr int kLines = 300;
  const std::filesystem::path folder = fresh_folder("log");
  log::open_file(folder / "log.txt");
  at_once([&](int thread) {
    for (int line = 0; line < kLines; ++line) {
      log::info("thread " + std::to_string(thread) + " line " + std::to_string(line) + " whole");
    }
  });
  log::open_file(folder / "other.txt");  // closes the first
  std::ifstream file(folder / "log.txt");
  std::set<std::string> seen;
  for (std::string line; std::getline(file, line);) {
    const size_t at = line.find("thread ");
    REQUIRE(at != std::string::npos);
    CHECK(line.ends_with(" whole"));
    seen.insert(line.substr(at));
  }
  CHECK(seen.size() == size_t{kThreads * kLines});
  log::open_file("/dev/null");
  std::filesystem::remove_all(folder);
}

TEST_CASE("of several threads that wait for a lock one at a time holds it", "[base]") {
  const std::filesystem::path folder = fresh_folder("lock");
  std::atomic<int> holders = 0, most = 0, turns = 0;
  at_once([&](int) {
    for (int turn = 0; turn < 3; ++turn) {
      const FileLock lock = FileLock::wait(folder / "lock", "", [] {});
      const int now = ++holders;
      if (now > most) most = now;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      --holders;
      ++turns;
    }
  });
  CHECK(most == 1);
  CHECK(turns == 3 * kThreads);
  std::filesystem::remove_all(folder);
}

TEST_CASE("of several processes that take a lock at once exactly one has it, and its end frees it", "[base]") {
  const std::filesystem::path folder = fresh_folder("processes");
  int go[2], took[2], end[2];
  REQUIRE(::pipe(go) == 0);
  REQUIRE(::pipe(end) == 0);
  REQUIRE(::pipe(took) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < kThreads; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(go[1]);
      ::close(end[1]);
      char byte = 0;
      if (::read(go[0], &byte, 1) != 0) _exit(1);  // the end of the pipe starts all of them
      const auto lock = FileLock::take(folder / "lock");
      const char answer = lock ? '1' : '0';
      if (::write(took[1], &answer, 1) != 1) _exit(1);
      _exit(::read(end[0], &byte, 1) == 0 ? 0 : 1);  // it holds the lock until all have tried
    }
    children.push_back(child);
  }
  ::close(go[0]);
  ::close(go[1]);
  ::close(end[0]);
  int winners = 0;
  for (int i = 0; i < kThreads; ++i) {
    char answer = 0;
    REQUIRE(::read(took[0], &answer, 1) == 1);
    winners += answer == '1';
  }
  CHECK(winners == 1);
  CHECK(FileLock::held(folder / "lock"));
  ::close(end[1]);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  CHECK_FALSE(FileLock::held(folder / "lock"));
  CHECK(FileLock::take(folder / "lock").has_value());
  ::close(took[0]);
  ::close(took[1]);
  std::filesystem::remove_all(folder);
}

TEST_CASE("functions of values may be called from several threads", "[base]") {
  std::atomic<int> wrong = 0;
  at_once([&](int) {
    for (int i = 0; i < 200; ++i) {
      if (derive_seed(17, "dropout") != derive_seed(17, "dropout")) ++wrong;
      if (text::did_you_mean("lroa", {"lora", "ewc"}).find("lora") == std::string::npos) ++wrong;
    }
  });
  CHECK(wrong == 0);
}

}  // namespace engram
