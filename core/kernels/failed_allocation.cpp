#include "kernels/failed_allocation.hpp"

#include <c10/util/Exception.h>

#include <cmath>
#include <cstdlib>
#include <new>
#include <utility>

#include "base/text.hpp"

namespace engram::kernels {
namespace {

// LibTorch reports a failed allocation on the CPU as an ordinary check.
bool tells_of_memory(const std::string& text) {
  return text.find("can't allocate memory") != std::string::npos || text.find("out of memory") != std::string::npos;
}

// "you tried to allocate 1234 bytes" on a CPU, "Tried to allocate 20.00 MiB" on CUDA.
uint64_t bytes_in(const std::string& text) {
  const std::string_view asked = "ried to allocate ";
  const size_t found = text.find(asked);
  if (found == std::string::npos) return 0;
  const char* begin = text.c_str() + found + asked.size();
  char* unit = nullptr;
  const double number = std::strtod(begin, &unit);
  double scale = 1;
  for (const char letter : {'K', 'M', 'G'}) {
    scale *= 1024;
    if (std::string_view(unit).starts_with(std::string{' ', letter})) return static_cast<uint64_t>(number * scale);
  }
  return static_cast<uint64_t>(number);
}

}  // namespace

std::optional<FailedAllocation> failed_allocation(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const c10::OutOfMemoryError& error) {
    const std::string text = text::trim(error.what_without_backtrace());
    return FailedAllocation{.text = text, .bytes = bytes_in(text)};
  } catch (const c10::Error& error) {
    const std::string text = text::trim(error.what_without_backtrace());
    if (tells_of_memory(text)) return FailedAllocation{.text = text, .bytes = bytes_in(text)};
  } catch (const std::bad_alloc& error) {
    return FailedAllocation{.text = error.what()};
  } catch (...) {  // of another kind
  }
  return std::nullopt;
}

}  // namespace engram::kernels
