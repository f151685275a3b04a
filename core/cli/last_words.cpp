#include "cli/last_words.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
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

constexpr const char* kGoOn =
    "\n  fix: mend the plugin; the run's last good state is whole, and `engram run --resume` goes on from it\n";

std::terminate_handler usual = nullptr;  // a handler can reach nothing but a global

[[noreturn]] void on_terminate() {
  if (!name_the_call()) {
    usual();
    std::abort();
  }
  say(": it ended the program: an exception left a destructor, a noexcept function or a thread");
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

void on_crash(int signal) {
  if (name_the_call()) {
    say(": the program crashed there: ");
    for (const Crash& crash : kCrashes) {
      if (crash.signal == signal) say(crash.what);
    }
    say(kGoOn);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void watch_for_crashes() {
  usual = std::set_terminate(on_terminate);
  for (const Crash& crash : kCrashes) std::signal(crash.signal, on_crash);
}

}  // namespace engram::cli
