// What is said of a step whose numbers are not finite.
#include "run/step_log.hpp"

#include <limits>
#include <sstream>

#include "base/errors.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"
#include "unit/report/report_support.hpp"

using namespace engram;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

at::Tensor scalar(double value) { return at::full({}, value); }

// The refusal of a step with these numbers, under L2-SP; "" when there is none.
std::string refusal(double loss, double norm, double penalty) {
  tests::TinyRun run = tests::tiny_run({tests::strategy_entry("l2_sp", Json::object())}, at::kCPU);
  const auto trainer = run.trainer();
  const report::tests::ScratchFolder scratch;
  std::ostringstream out;
  report::EventLog events(scratch.path());
  report::Terminal terminal(out, report::Style{});
  run::StepLog log(*trainer, at::kCPU, events, terminal);
  train::StepResult result;
  result.step = 3;
  result.examples = 8;
  result.loss = scalar(loss);
  result.gradient_norm = scalar(norm);
  result.penalties["l2_sp.pull"] = scalar(penalty);
  try {
    log.add(std::move(result), {{"l2_sp.strength", 0.5}});
    CHECK(scratch.text("events.jsonl").find("\"schedule_factors\":{\"l2_sp.strength\":0.5}") != std::string::npos);
  } catch (const InternalError& error) {
    CHECK(error.exit_code() == ExitCode::resources);
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a step whose numbers are finite passes") { CHECK(refusal(1, 2, 3).empty()); }

TEST_CASE("a step that is not finite stops the run, with what usually helps") {
  const std::string fix = " is not finite. Fix: lower train.learning_rate, add warm-up, or keep train.clip at 1";
  CHECK(refusal(kNan, kNan, 3) == "the loss of step 3" + fix);
  CHECK(refusal(1, kInfinity, 3) == "the gradient norm of step 3" + fix);
}

TEST_CASE("a loss term or penalty that is not finite is named with the number that weighs it") {
  CHECK(refusal(1, kNan, kInfinity) ==
        "the gradient norm of step 3 is not finite, nor is l2_sp.pull. Fix: lower l2_sp.strength or look at the "
        "strategy's settings");
  CHECK(refusal(kNan, kNan, kNan) ==
        "the loss of step 3 is not finite, nor is l2_sp.pull. Fix: lower train.learning_rate, add warm-up, or keep "
        "train.clip at 1; or lower l2_sp.strength or look at the strategy's settings");
}
