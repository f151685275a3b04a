// What is said of a step whose numbers are not finite.
#include "run/step_log.hpp"

#include <limits>
#include <sstream>

#include "run/step_cause_text.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"
#include "unit/report/report_support.hpp"

using namespace engram;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

at::Tensor scalar(double value) { return at::full({}, value); }

// A step of L2-SP with these numbers, as a log reads it.
class Logged {
 public:
  Logged() : trainer(run.trainer()) {}

  void log(double loss, double norm, double penalty, std::optional<train::SpikeVerdict> verdict = {}) {
    train::StepResult result;
    result.step = 3;
    result.examples = 8;
    result.loss = scalar(loss);
    result.gradient_norm = scalar(norm);
    result.penalties["l2_sp.pull"] = scalar(penalty);
    result.verdict = std::move(verdict);
    report::EventLog events(scratch.path());
    report::Terminal terminal(out, report::Style{});
    run::StepLog log(*trainer, at::kCPU, events, terminal,
                     {.not_finite = [&](const run::ReadStep& read) { broken.push_back(read); },
                      .spike =
                          [&](const run::ReadStep& read) {
                            spikes.push_back(read);
                            return run::After::kept;
                          }});
    log.add(std::move(result), {{"l2_sp.strength", 0.5}});
  }

  tests::TinyRun run = tests::tiny_run({tests::strategy_entry("l2_sp", Json::object())}, at::kCPU);
  std::unique_ptr<train::Trainer> trainer;
  report::tests::ScratchFolder scratch;
  std::ostringstream out;
  std::vector<run::ReadStep> broken, spikes;
};

std::string text_of(double loss, double norm, double penalty, const train::StepCause& cause = {}) {
  Logged logged;
  logged.log(loss, norm, penalty);
  REQUIRE(logged.broken.size() == 1);
  const run::PlacedRows rows{.set = "train", .file = "new.csv", .numbers = {2, 3, 7}};
  const run::PlacedRows faulty{.set = "train", .file = "new.csv", .numbers = {7}};
  std::vector<run::PlacedRows> of_cause;
  if (!cause.layer.empty()) of_cause.push_back(faulty);
  return not_finite_fault(logged.broken.front(), *logged.trainer, cause, {rows}, of_cause).text();
}

constexpr const char* kRows = "; the step's rows are data.train (new.csv), lines 2, 3, 7";
constexpr const char* kFix = ". Fix: lower train.learning_rate, add warm-up, or keep train.clip at 1";

}  // namespace

TEST_CASE("a step whose numbers are finite is an event, and no rule is asked") {
  Logged logged;
  logged.log(1, 2, 3);
  CHECK(logged.broken.empty());
  CHECK(logged.spikes.empty());
  CHECK(logged.scratch.text("events.jsonl").find("\"schedule_factors\":{\"l2_sp.strength\":0.5}") != std::string::npos);
}

TEST_CASE("a step that is not finite is told with what usually helps and its rows") {
  const std::string again = "; run once more, the same rows gave finite numbers";
  CHECK(text_of(kNan, kNan, 3) == "the loss of step 3 is not finite" + again + kRows + kFix);
  CHECK(text_of(1, kInfinity, 3) == "the gradient norm of step 3 is not finite" + again + kRows + kFix);
}

TEST_CASE("the layer, the weights or the gradients that a search found are named") {
  CHECK(text_of(kNan, kNan, 3, {.layer = "encoder.layer.1.output.dense"}) ==
        std::string("the loss of step 3 is not finite; the first layer whose output is not finite is "
                    "encoder.layer.1.output.dense, for data.train (new.csv), line 7") +
            kRows + ". Fix: mend what those rows hold; else " + std::string(kFix).substr(7));
  CHECK(text_of(kNan, kNan, 3, {.weights = {"pooler.dense.bias"}}) ==
        std::string("the loss of step 3 is not finite; weights are not finite: pooler.dense.bias") + kRows + kFix);
  CHECK(text_of(1, kInfinity, 3, {.gradients = {"a", "b", "c", "d", "e", "f", "g"}}) ==
        std::string("the gradient norm of step 3 is not finite; every layer's output is finite, and the backward pass "
                    "first gives gradients that are not to a, b, c, d, e and 2 more") +
            kRows + kFix);
  CHECK(text_of(1, kInfinity, 3, {.largest = "pooler.dense.weight", .largest_norm = 2e25}) ==
        std::string("the gradient norm of step 3 is not finite; every gradient is finite, and their norm is too large "
                    "for fp32: that of pooler.dense.weight alone is 2e+25") +
            kRows + kFix);
}

TEST_CASE("a loss term or penalty that is not finite is named with the number that weighs it") {
  CHECK(text_of(1, kNan, kInfinity) == std::string("the gradient norm of step 3 is not finite, nor is l2_sp.pull") +
                                           kRows + ". Fix: lower l2_sp.strength or look at the strategy's settings");
  CHECK(text_of(kNan, kNan, kNan) == std::string("the loss of step 3 is not finite, nor is l2_sp.pull") + kRows + kFix +
                                         "; or lower l2_sp.strength or look at the strategy's settings");
}

TEST_CASE("a spike is told by what is above its threshold") {
  const auto verdict = [](double norm_limit, double loss_limit) {
    return train::SpikeVerdict{scalar(1), scalar(norm_limit), scalar(loss_limit)};
  };
  const auto told = [&](double loss, double norm, double norm_limit, double loss_limit) {
    Logged logged;
    logged.log(loss, norm, 0, verdict(norm_limit, loss_limit));
    REQUIRE(logged.spikes.size() == 1);
    CHECK(logged.broken.empty());
    CHECK(logged.scratch.text("events.jsonl").find("\"event\":\"step\"") != std::string::npos);
    return run::spike_text(logged.spikes.front(), {.factor = 10, .window = 50});
  };
  CHECK(told(1, 123, 45, 10) ==
        "the gradient norm of step 3 is 123, above 10 times the mean of the last 50 steps (4.5)");
  CHECK(told(11, 1, 45, 10) == "the loss of step 3 is 11, above 10 times the mean of the last 50 steps (1)");
  CHECK(told(kNan, 1, kInfinity, kInfinity) == "the loss of step 3 is not finite");
  CHECK(told(1, kInfinity, 45, 10) == "the gradient norm of step 3 is not finite");
}
