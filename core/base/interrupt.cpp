#include "base/interrupt.hpp"

#include <signal.h>
#include <unistd.h>

namespace engram::interrupt {
namespace {

volatile sig_atomic_t arrived = 0;  // a signal handler can reach nothing but a global

void on_signal(int) {
  constexpr int kInterruptedExit = 5;
  if (arrived != 0) _exit(kInterruptedExit);
  arrived = 1;
}

}  // namespace

void watch() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool requested() { return arrived != 0; }
void request() { arrived = 1; }
void clear() { arrived = 0; }

void check() {
  if (requested()) throw Interrupted{};
}

}  // namespace engram::interrupt
