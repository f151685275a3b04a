#include "base/interrupt.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace engram::interrupt {
namespace {

// A signal handler can reach nothing but a global. It may run on any thread (LibTorch has some), hence an atomic one.
std::atomic<bool> arrived = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) {
  constexpr int kInterruptedExit = 5;
  if (arrived.exchange(true)) _exit(kInterruptedExit);
}

}  // namespace

void watch() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool requested() { return arrived; }
void request() { arrived = true; }
void clear() { arrived = false; }

void check() {
  if (requested()) throw Interrupted{};
}

}  // namespace engram::interrupt
