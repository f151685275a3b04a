#include "run/step_log.hpp"

#include <cmath>
#include <limits>

namespace engram::run {
namespace {

constexpr size_t kStepsBetweenReads = 10;

using SteadyClock = std::chrono::steady_clock;

// In the order in which read() takes them back.
void append_scalars(const train::StepResult& result, std::vector<at::Tensor>& scalars) {
  scalars.push_back(result.loss);
  scalars.push_back(result.gradient_norm);
  for (const auto& [name, value] : result.terms) scalars.push_back(value.to(at::kFloat));
  for (const auto& [name, value] : result.penalties) scalars.push_back(value.to(at::kFloat));
  if (!result.verdict) return;
  for (const at::Tensor& value : {result.verdict->is_spike, result.verdict->norm_limit, result.verdict->loss_limit}) {
    scalars.push_back(value);
  }
}

// A sign of what is no number says nothing.
double unsigned_nan(double value) { return std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value; }

}  // namespace

StepLog::StepLog(const train::Trainer& trainer, at::Device device, report::EventLog& events, report::Terminal& terminal,
                 StepRules rules, Reading reading)
    : trainer_(trainer),
      events_(events),
      terminal_(terminal),
      rules_(std::move(rules)),
      interval_(device.is_cpu() || reading == Reading::at_every_step ? 1 : kStepsBetweenReads),
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

ReadStep StepLog::read(Step step, const double*& value) const {
  const double loss = unsigned_nan(*value++), norm = unsigned_nan(*value++);
  ReadStep read{.progress = progress_of(step, loss, norm)};
  for (const auto& [name, unread] : step.result.terms) read.progress.terms.emplace_back(name, *value++);
  for (const auto& [name, unread] : step.result.penalties) read.progress.penalties.emplace_back(name, *value++);
  if (step.result.verdict) {
    read.is_spike = *value++ != 0;
    read.norm_limit = *value++;
    read.loss_limit = *value++;
  }
  read.result = std::move(step.result);
  read.factors = std::move(step.factors);
  return read;
}

void StepLog::flush() {
  if (waiting_.empty()) return;
  std::vector<at::Tensor> scalars;
  int64_t examples = 0;
  for (const auto& [result, factors] : waiting_) {
    append_scalars(result, scalars);
    examples += result.examples + result.mixed_examples;
  }
  const at::Tensor values = at::stack(scalars).to(at::kDouble).cpu();
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - since_).count();
  seconds_ += seconds;
  samples_per_second_ = static_cast<double>(examples) / seconds;
  const double* value = values.const_data_ptr<double>();
  std::vector<Step> done = std::move(waiting_);
  waiting_.clear();
  for (Step& step : done) {
    const ReadStep read = this->read(std::move(step), value);
    const bool finite = std::isfinite(read.progress.loss) && std::isfinite(read.progress.gradient_norm);
    if (!finite && !read.result.verdict) rules_.not_finite(read);
    events_.step(read.progress);
    terminal_.step(read.progress);
    if (read.is_spike && rules_.spike(read) == After::undone) return;
  }
}

}  // namespace engram::run
