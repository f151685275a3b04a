#include "cli/failure.hpp"

#include <c10/util/Exception.h>

#include <algorithm>
#include <filesystem>

#include "base/disk.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "kernels/failed_allocation.hpp"

namespace engram::cli {
namespace {

constexpr size_t kMostFaults = 100;  // of those that are shown

std::string indented(const Fault& fault, const std::string& indent) {
  std::string lines = fault.where.empty() ? fault.what : fault.where + ": " + fault.what;
  if (!fault.allowed.empty()) lines += "\n" + indent + "allowed: " + fault.allowed;
  if (!fault.fix.empty()) lines += "\n" + indent + "fix: " + fault.fix;
  return lines;
}

Failure failure(Fault fault, ExitCode code) {
  return {"engram: " + indented(fault, "  ") + "\n", code, {std::move(fault)}};
}

Failure memory_failure(const kernels::FailedAllocation& failed) {
  return failure({.what = "out of memory: " + failed.text,
                  .fix = "a smaller train.batch_size with more train.accumulation, or a smaller train.max_length; of "
                         "predict and eval, shorter texts or a machine with more memory"},
                 ExitCode::resources);
}

Failure file_failure(const std::filesystem::filesystem_error& error) {
  return failure({.what = "cannot be read or written: " + error.code().message(), .where = error.path1().string()},
                 disk::machine_failed(error.code()) ? ExitCode::resources : ExitCode::refused);
}

}  // namespace

std::string fault_list(const Error& error) {
  const std::vector<Fault>& faults = error.faults();
  if (faults.size() == 1) return "engram: " + indented(faults.front(), "  ") + "\n";
  std::string lines = "engram: " + std::to_string(faults.size()) + " things are wrong\n";
  for (size_t i = 0; i < std::min(faults.size(), kMostFaults); ++i) {
    const std::string number = "  " + std::to_string(i + 1) + ". ";
    lines += "\n" + number + indented(faults[i], std::string(number.size(), ' ')) + "\n";
  }
  if (faults.size() > kMostFaults) lines += "\n  and " + std::to_string(faults.size() - kMostFaults) + " more\n";
  return lines;
}

Failure describe(const std::exception_ptr& thrown) {
  if (const auto failed = kernels::failed_allocation(thrown)) return memory_failure(*failed);
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    return {fault_list(error), error.exit_code(), error.faults()};
  } catch (const interrupt::Interrupted&) {
    return failure({.what = "interrupted"}, ExitCode::interrupted);
  } catch (const c10::Error& error) {
    return failure({.what = "LibTorch failed: " + text::trim(error.what_without_backtrace())}, ExitCode::internal);
  } catch (const std::filesystem::filesystem_error& error) {
    return file_failure(error);
  } catch (const std::exception& error) {
    return failure({.what = "unexpected: " + std::string(error.what())}, ExitCode::internal);
  } catch (...) {
    return failure({.what = "unexpected: something that is no exception was thrown"}, ExitCode::internal);
  }
}

std::string json_line(const Failure& failure) {
  Json faults = Json::array();
  for (const Fault& fault : failure.faults) {
    faults.push_back({{"what", fault.what}, {"where", fault.where}, {"allowed", fault.allowed}, {"fix", fault.fix}});
  }
  const Json line = {
      {"event", "failed"}, {"exit_code", static_cast<int>(failure.exit_code)}, {"faults", std::move(faults)}};
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace engram::cli
