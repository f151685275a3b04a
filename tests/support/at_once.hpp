// Threads for tests of what several threads may share.
#pragma once

#include <thread>
#include <vector>

namespace engram::test {

inline constexpr int kThreads = 4;

// Runs work(0) ... work(kThreads - 1) at once.
template <class Work>
void at_once(const Work& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&work, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace engram::test
