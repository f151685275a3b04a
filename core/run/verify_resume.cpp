#include "run/verify_resume.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/json.hpp"
#include "base/whole_number.hpp"
#include "run/child.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> joined(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// The last lines that a run printed.
std::string last_words(const fs::path& output) {
  constexpr size_t kMost = 1000;
  const std::string text = read_file(output);
  if (text.size() <= kMost) return text;
  return text.substr(text.find('\n', text.size() - kMost) + 1);
}

[[noreturn]] void refuse(const std::string& what, int code, const fs::path& output) {
  const bool known = code > 0 && code <= static_cast<int>(ExitCode::resources);
  throw Error({{.what = what + " (exit code " + std::to_string(code) + "):\n" + last_words(output),
                .fix = "let engram run end well with this recipe first"}},
              known ? static_cast<ExitCode>(code) : ExitCode::internal);
}

bool is_end(int code) {
  return code == static_cast<int>(ExitCode::done) || code == static_cast<int>(ExitCode::budget_not_met);
}

void refuse_steps(const std::vector<int64_t>& at, int64_t steps) {
  Faults faults;
  for (const int64_t step : at) {
    if (step < steps) continue;
    faults.add({.what = "a run of this recipe ends after step " + std::to_string(steps) +
                        ", and cannot be stopped at step " + std::to_string(step),
                .where = "--at",
                .allowed = "0 to " + std::to_string(steps - 1)});
  }
  faults.raise<DataError>();
}

class Verification {
 public:
  explicit Verification(const VerifyRequest& request) : request_(request) {}

  int64_t run_straight() {
    code_ = engram(joined(joined({"run"}, request_.run), {"--out", straight().string()}), "straight.txt");
    if (!is_end(code_)) refuse("the run that is to be stopped does not end by itself", code_, file("straight.txt"));
    return whole_number(read_json(straight() / "result.json").at("steps_done"));
  }

  Verified stop_and_resume(int64_t step) const {
    const std::string name = "stopped-at-" + std::to_string(step), output = name + ".txt";
    const fs::path folder = request_.folder / name;
    const int stopped = engram(
        joined(joined({"run"}, request_.run), {"--out", folder.string(), "--stop-at", std::to_string(step)}), output);
    if (stopped != static_cast<int>(ExitCode::interrupted)) {
      refuse("the run did not stop at step " + std::to_string(step), stopped, file(output));
    }
    const int resumed = engram(joined({"run", "--resume", folder.string()}, request_.resume), output);
    if (!is_end(resumed)) refuse("the run that was stopped did not go on", resumed, file(output));
    Verified verified{.at = step, .folder = folder, .comparison = compare_runs(straight(), folder)};
    if (resumed != code_ && !verified.comparison.difference) {
      verified.comparison.difference =
          Difference{.file = "exit code", .first = std::to_string(code_), .second = std::to_string(resumed)};
    }
    return verified;
  }

 private:
  fs::path straight() const { return request_.folder / "straight"; }
  fs::path file(const std::string& name) const { return request_.folder / name; }
  int engram(const std::vector<std::string>& arguments, const std::string& output) const {
    interrupt::check();
    const int code = run_engram(joined(arguments, {"--quiet"}), file(output));
    interrupt::check();
    return code;
  }

  const VerifyRequest& request_;
  int code_ = 0;  // of the straight run
};

}  // namespace

int64_t verify_resume(const VerifyRequest& request, const std::function<void(const Verified&)>& verified) {
  Verification verification(request);
  const int64_t steps = verification.run_straight();
  const std::vector<int64_t> at = request.at.empty() ? std::vector<int64_t>{steps / 2} : request.at;
  refuse_steps(at, steps);
  for (const int64_t step : at) verified(verification.stop_and_resume(step));
  return steps;
}

}  // namespace engram::run
