// Errors as a user reads them, and the exit code that goes with each.
#pragma once

#include <exception>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "base/json.hpp"

namespace engram::cli {

struct Failure {
  std::string text;  // whole lines for standard error
  ExitCode exit_code = ExitCode::internal;
  std::vector<Fault> faults;
};

// One fault is told in place; several are numbered. `allowed` and `fix` stand on lines of their own.
std::string fault_list(const Error& error);

// Any exception that reached main. LibTorch's are told without its C++ stack.
Failure describe(const std::exception_ptr& thrown);

// The same for readers of --json: {"event": "failed", "exit_code", "faults": [{"what", "where", "allowed", "fix"}]}, a
// line with its end.
std::string json_line(const Failure& failure);

}  // namespace engram::cli
