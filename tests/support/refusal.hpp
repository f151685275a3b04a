// What a piece of bad input is answered with.
#pragma once

#include <string>

#include "base/errors.hpp"

namespace engram::test {

// The text of the error that work() ends with; empty when it passes.
template <class Kind = DataError, class Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const Kind& error) {
    return error.what();
  }
  return "";
}

}  // namespace engram::test
