#include "cli/last_words.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>

#include "base/errors.hpp"
#include "strategy/guard.hpp"

namespace engram::cli {
namespace {

// Nothing here allocates: the heap may be what is broken.
void say(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

// "engram: strategy 'lora', on_update: ", or nothing when no plugin is at work.
bool name_the_call() {
  const strategy::CallSite* call = strategy::call_in_flight();
  if (call == nullptr) return false;
  say("engram: strategy '");
  say(call->plugin);
  say("', ");
  say(call->phase);
  if (!call->site.empty()) {
    say(", at ");
    say(call->site);
  }
  return true;
}

constexpr const char* kGoOn = "the run's last good state is whole, and `engram run --resume` goes on from it\n";
constexpr const char* kMendPlugin = "\n  fix: mend the plugin; ";

std::terminate_handler usual = nullptr;  // a handler can reach nothing but a global

[[noreturn]] void on_terminate() {
  if (!name_the_call()) {
    usual();
    std::abort();
  }
  say(": it ended the program: an exception left a destructor, a noexcept function or a thread");
  say(kMendPlugin);
  say(kGoOn);
  std::_Exit(static_cast<int>(ExitCode::refused));
}

struct Crash {
  int signal;
  const char* what;
};
constexpr std::array kCrashes = {Crash{SIGSEGV, "a segmentation fault"}, Crash{SIGBUS, "a bus error"},
                                 Crash{SIGFPE, "an arithmetic trap"}, Crash{SIGILL, "an illegal instruction"},
                                 Crash{SIGABRT, "an abort"}};

// A line of /proc/self/maps: "7f00-7f01 r--p 00000000 fe:00 123    /path/of/the/file".
bool holds(std::string_view line, uintptr_t address) {
  uintptr_t bounds[2] = {0, 0};
  for (uintptr_t& bound : bounds) {
    const char* end = std::from_chars(line.data(), line.data() + line.size(), bound, 16).ptr;
    line.remove_prefix(std::min(line.size(), static_cast<size_t>(end - line.data()) + 1));
  }
  return bounds[0] <= address && address < bounds[1];
}

void say_mapped_file(uintptr_t address) {
  std::array<char, 8192> line;
  size_t size = 0;
  const int maps = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  for (char letter = 0; ::read(maps, &letter, 1) == 1;) {
    if (letter != '\n') {
      if (size < line.size()) line[size++] = letter;
      continue;
    }
    const std::string_view whole(line.data(), size);
    const size_t path = whole.find('/');
    if (holds(whole, address) && path != std::string_view::npos) return say(whole.substr(path));
    size = 0;
  }
  say("a file that is mapped into memory");
}

// The kernel's word for a page of a mapped file that cannot be had: nobody's code is at fault.
[[noreturn]] void on_lost_page(const void* address) {
  say("engram: ");
  say_mapped_file(reinterpret_cast<uintptr_t>(address));
  say(": could not be read any more: it became shorter while it was in use, or its disk failed\n  fix: put the file "
      "back as it was, and replace files by renaming new ones over them; ");
  say(kGoOn);
  std::_Exit(static_cast<int>(ExitCode::resources));
}

void on_crash(int signal, siginfo_t* facts, void*) {
  if (signal == SIGBUS && facts->si_code == BUS_ADRERR) on_lost_page(facts->si_addr);
  if (name_the_call()) {
    say(": the program crashed there: ");
    for (const Crash& crash : kCrashes) {
      if (crash.signal == signal) say(crash.what);
    }
    say(kMendPlugin);
    say(kGoOn);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void watch_for_crashes() {
  usual = std::set_terminate(on_terminate);
  struct sigaction action {};
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_SIGINFO;
  for (const Crash& crash : kCrashes) ::sigaction(crash.signal, &action, nullptr);
}

}  // namespace engram::cli
