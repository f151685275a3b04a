#include "run/step_cause_text.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "base/text.hpp"
#include "eval/not_finite_scores.hpp"

namespace engram::run {
namespace {

constexpr size_t kNamed = 5;
constexpr const char* kGeneral = "lower train.learning_rate, add warm-up, or keep train.clip at 1";

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

bool is_loss(const ReadStep& read) { return !std::isfinite(read.progress.loss); }

std::string first_of(std::vector<std::string> names) {
  const size_t all = names.size();
  if (all <= kNamed) return text::join(names, ", ");
  names.resize(kNamed);
  return text::join(names, ", ") + " and " + std::to_string(all - kNamed) + " more";
}

size_t count(const std::vector<PlacedRows>& placed) {
  size_t all = 0;
  for (const PlacedRows& rows : placed) all += rows.numbers.size();
  return all;
}

std::string number(double value) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.4g", value);
  return digits.data();
}

// A loss term or penalty that is known needs no search, and a search finds none.
std::string cause_of(const train::StepCause& cause, const std::string& culprit, const std::vector<PlacedRows>& faulty) {
  if (!cause.weights.empty() || !cause.layer.empty()) {
    return eval::cause_text(cause.layer, cause.weights) + (faulty.empty() ? "" : ", for " + rows_text(faulty));
  }
  if (!cause.gradients.empty()) {
    return "; every layer's output is finite, and the backward pass first gives gradients that are not to " +
           first_of(cause.gradients);
  }
  if (!culprit.empty()) return "";
  constexpr double kOverflows = 1e18;  // squares of larger numbers leave fp32
  if (cause.largest_norm < kOverflows) return "; run once more, the same rows gave finite numbers";
  return "; every gradient is finite, and their norm is too large for fp32: that of " + cause.largest + " alone is " +
         number(cause.largest_norm);
}

}  // namespace

Fault not_finite_fault(const ReadStep& read, const train::Trainer& trainer, const train::StepCause& cause,
                       const std::vector<PlacedRows>& rows, const std::vector<PlacedRows>& faulty) {
  const std::string culprit = culprit_of(read.progress);
  Fault fault{.what = std::string(is_loss(read) ? "the loss" : "the gradient norm") + " of step " +
                      std::to_string(read.progress.step) + " is not finite",
              .fix = kGeneral};
  // A loss that is finite leaves what a strategy adds to it as the only cause.
  if (!culprit.empty()) {
    const std::string own = "lower " + trainer.weight_of(culprit) + " or look at the strategy's settings";
    fault.what += ", nor is " + culprit;
    fault.fix = is_loss(read) ? fault.fix + "; or " + own : own;
  }
  fault.what += cause_of(cause, culprit, faulty);
  if (count(faulty) > 0 && count(faulty) < count(rows)) fault.fix = "mend what those rows hold; else " + fault.fix;
  if (!rows.empty()) fault.what += "; the step's rows are " + rows_text(rows);
  return fault;
}

Json not_finite_fields(const ReadStep& read, const train::StepCause& cause, const std::vector<PlacedRows>& rows,
                       const std::vector<PlacedRows>& faulty) {
  const auto text = [](const std::string& words) { return words.empty() ? Json(nullptr) : Json(words); };
  return {{"step", read.progress.step},
          {"measure", is_loss(read) ? "loss" : "gradient norm"},
          {"culprit", text(culprit_of(read.progress))},
          {"layer", text(cause.layer)},
          {"weights", cause.weights},
          {"gradients", cause.gradients},
          {"rows", rows_json(rows)},
          {"faulty_rows", rows_json(faulty)}};
}

SpikeMeasure spike_measure(const ReadStep& read) {
  const SpikeMeasure loss{.name = "loss", .value = read.progress.loss, .limit = read.loss_limit};
  const SpikeMeasure norm{.name = "gradient norm", .value = read.progress.gradient_norm, .limit = read.norm_limit};
  if (!std::isfinite(loss.value)) return loss;
  return !std::isfinite(norm.value) || norm.value > norm.limit ? norm : loss;
}

std::string spike_text(const ReadStep& read, const recipe::Spikes& policy) {
  const SpikeMeasure measure = spike_measure(read);
  const std::string subject = "the " + measure.name + " of step " + std::to_string(read.progress.step) + " is ";
  if (!std::isfinite(measure.value)) return subject + "not finite";
  return subject + number(measure.value) + ", above " + text::shortest(policy.factor) + " times the mean of the last " +
         std::to_string(policy.window) + " steps (" + number(measure.limit / policy.factor) + ")";
}

}  // namespace engram::run
