#include "run/step_log.hpp"

#include <cmath>

#include "base/errors.hpp"

namespace engram::run {
namespace {

constexpr size_t kStepsBetweenReads = 10;

using SteadyClock = std::chrono::steady_clock;

using Values = std::vector<std::pair<std::string, double>>;

// The first loss term or penalty that is not finite; "" when all are.
std::string culprit_of(const report::StepProgress& progress) {
  for (const Values& values : {progress.terms, progress.penalties}) {
    for (const auto& [name, value] : values) {
      if (!std::isfinite(value)) return name;
    }
  }
  return {};
}

// A loss that is finite leaves what a strategy adds to it as the only cause.
[[noreturn]] void not_finite(const report::StepProgress& progress, const train::Trainer& trainer) {
  const bool is_loss = !std::isfinite(progress.loss);
  const std::string culprit = culprit_of(progress);
  const std::string general = "lower train.learning_rate, add warm-up, or keep train.clip at 1";
  std::string what = std::string(is_loss ? "the loss" : "the gradient norm") + " of step " +
                     std::to_string(progress.step) + " is not finite";
  std::string fix = general;
  if (!culprit.empty()) {
    const std::string own = "lower " + trainer.weight_of(culprit) + " or look at the strategy's settings";
    what += ", nor is " + culprit;
    fix = is_loss ? general + "; or " + own : own;
  }
  throw InternalError({.what = std::move(what), .fix = std::move(fix)}, ExitCode::resources);
}

}  // namespace

StepLog::StepLog(const train::Trainer& trainer, at::Device device, report::EventLog& events, report::Terminal& terminal)
    : trainer_(trainer),
      events_(events),
      terminal_(terminal),
      interval_(device.is_cpu() ? 1 : kStepsBetweenReads),
      since_(SteadyClock::now()),
      first_step_(trainer.done()) {}

void StepLog::before_step() {
  if (waiting_.empty()) since_ = SteadyClock::now();
}

void StepLog::add(train::StepResult result, std::map<std::string, double> factors) {
  waiting_.push_back({std::move(result), std::move(factors)});
  if (waiting_.size() >= interval_) flush();
}

report::StepProgress StepLog::progress_of(const Step& step, double loss, double norm) const {
  const train::StepResult& result = step.result;
  const int64_t done_here = result.step - first_step_;
  report::StepProgress progress{
      .step = result.step,
      .steps = trainer_.count().total,
      .epoch = static_cast<double>(result.step) / static_cast<double>(trainer_.count().per_epoch),
      .loss = loss,
      .schedule_factors = {step.factors.begin(), step.factors.end()},
      .gradient_norm = norm,
      .mixed_examples = result.mixed_examples,
      .samples_per_second = samples_per_second_,
      .seconds_left =
          seconds_ / static_cast<double>(done_here) * static_cast<double>(trainer_.count().total - result.step)};
  for (size_t group = 0; group < result.learning_rates.size(); ++group) {
    progress.learning_rates.emplace_back("group " + std::to_string(group), result.learning_rates[group]);
  }
  return progress;
}

void StepLog::flush() {
  if (waiting_.empty()) return;
  std::vector<at::Tensor> scalars;
  int64_t examples = 0;
  for (const auto& [result, factors] : waiting_) {
    scalars.push_back(result.loss);
    scalars.push_back(result.gradient_norm);
    for (const auto& [name, value] : result.terms) scalars.push_back(value.to(at::kFloat));
    for (const auto& [name, value] : result.penalties) scalars.push_back(value.to(at::kFloat));
    examples += result.examples + result.mixed_examples;
  }
  const at::Tensor values = at::stack(scalars).to(at::kDouble).cpu();
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - since_).count();
  seconds_ += seconds;
  samples_per_second_ = static_cast<double>(examples) / seconds;
  const double* value = values.const_data_ptr<double>();
  const std::vector<Step> read = std::move(waiting_);
  waiting_.clear();
  for (const Step& step : read) {
    const double loss = *value++, norm = *value++;
    report::StepProgress progress = progress_of(step, loss, norm);
    for (const auto& [name, unread] : step.result.terms) progress.terms.emplace_back(name, *value++);
    for (const auto& [name, unread] : step.result.penalties) progress.penalties.emplace_back(name, *value++);
    if (!std::isfinite(loss) || !std::isfinite(norm)) not_finite(progress, trainer_);
    events_.step(progress);
    terminal_.step(progress);
  }
}

}  // namespace engram::run
