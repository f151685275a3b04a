// What every target promises about every input: a broken promise aborts, which the fuzzer reports with the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "support/allocations.hpp"

namespace engram::fuzz {

// Says what is wrong and aborts.
[[noreturn]] void broken(const std::string& promise);
inline void require(bool holds, const char* promise) {
  if (!holds) broken(promise);
}

// Runs `work` and returns whether it accepted its input. It may refuse with one of engram's errors alone: not with an
// internal one, and with a text in every fault.
bool accepts(const std::function<void()>& work);

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace engram::fuzz
