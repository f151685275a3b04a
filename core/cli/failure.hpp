// Errors as a user reads them, and the exit code that goes with each.
#pragma once

#include <exception>
#include <string>

#include "base/errors.hpp"

namespace engram::cli {

struct Failure {
  std::string text;  // whole lines for standard error
  ExitCode exit_code = ExitCode::internal;
};

// One fault is told in place; several are numbered. `allowed` and `fix` stand on lines of their own.
std::string fault_list(const Error& error);

// Any exception that reached main. LibTorch's are told without its C++ stack.
Failure describe(const std::exception_ptr& thrown);

}  // namespace engram::cli
