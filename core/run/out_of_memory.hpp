// What a run says when memory ran out: what was asked for, what the estimate was, and what would help.
#pragma once

#include <exception>
#include <filesystem>
#include <optional>
#include <string>

#include "base/errors.hpp"
#include "base/json.hpp"
#include "run/memory_savings.hpp"
#include "run/preparation.hpp"

namespace engram::run {

// What a run was at when something failed.
struct Doing {
  std::string what = "preparing";  // "loading the model", "step 13"
  MemoryUse use = MemoryUse::preparing;
};

struct OutOfMemory {
  Fault fault;
  Json fields;  // the same for readers of --json: doing, bytes, estimate, settings
};

// Nothing: what was thrown tells of something else.
std::optional<OutOfMemory> out_of_memory(const std::exception_ptr& thrown, const Doing& doing,
                                         const Preparation& prepared);

// Runs `work` before a run's first state; memory that runs out there becomes an InternalError (exit 6).
template <class Work>
auto with_memory_told(const Doing& doing, const Preparation& prepared, const std::filesystem::path& run, Work work)
    -> decltype(work()) {
  try {
    return work();
  } catch (...) {
    if (auto told = out_of_memory(std::current_exception(), doing, prepared)) {
      told->fault.fix += "; with more memory, engram run --resume " + run.string() + " begins again";
      throw InternalError(told->fault, ExitCode::resources);
    }
    throw;
  }
}

}  // namespace engram::run
