#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "advisor/advise.hpp"
#include "base/text.hpp"

namespace engram::advisor {
namespace {

// The numbers are argued for in docs/advice.md.
constexpr double kEpochsTimesRate = 1e-4;  // of one weight, on few rows
constexpr double kFewRows = 10'000;
constexpr double kRatePerExample = 5e-5 / 8;  // peak rate by examples of a step
constexpr double kUsualPeak = 1e-4;           // full fine-tuning
constexpr double kAdapterFactor = 10;         // adapters are trained at about ten times the rate
constexpr double kAdapterPeak = 2e-3;
constexpr double kAdapterLeast = 5e-5;
constexpr double kEpsilon = 1e-4;     // above it, AdamW is no longer what these numbers are about
constexpr int64_t kFewestSteps = 50;  // to learn a task in
constexpr double kLeastRate = 1e-5;   // of what is usual in full fine-tuning
constexpr int64_t kStepsToWarm = 50;  // shorter runs have no start to speak of

std::string number(double value) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.2g", value);
  return text::shortest(std::strtod(digits.data(), nullptr));
}

// Two digits, rounded down: a limit stays kept.
double below(double value) {
  const double unit = std::pow(10, std::floor(std::log10(value)) - 1);
  return std::floor(value / unit * (1 + 1e-9)) * unit;
}

bool adapters(const TrainingFacts& training) { return training.trained == Trained::adapters; }

// Rates of prefixes, prompts and heads follow no rule of thumb; with a large epsilon AdamW is gradient descent.
bool rules_hold(const TrainingFacts& training) {
  return (training.trained == Trained::trunk || adapters(training)) && training.epsilon <= kEpsilon &&
         training.steps > 0;
}

void advise_on_epochs(const TrainingFacts& training, std::vector<Advice>& advice) {
  const double mean_rate = training.learning_rate * training.mean_factor * training.mean_scale;
  const double product = training.epochs * mean_rate;
  const double rows = std::max(1.0, static_cast<double>(training.rows) / kFewRows);
  const double allowed = kEpochsTimesRate * (adapters(training) ? kAdapterFactor : 1) * rows;
  if (product <= allowed * (1 + 1e-9)) return;
  const double epochs = std::floor(allowed / mean_rate * (1 + 1e-9));
  const double rate = below(training.learning_rate * allowed / product);
  advice.push_back({"over_training", epochs >= 1 ? "train.epochs" : "train.learning_rate",
                    text::shortest(training.epochs) + " epochs at a mean rate of " + number(mean_rate) + " over " +
                        text::thousands(training.rows) + " rows: epochs x rate is " + number(product) +
                        ", and beyond " + number(allowed) +
                        " so few rows are learnt by heart while the original task "
                        "goes on losing",
                    epochs >= 1 ? "epochs = " + text::shortest(epochs) + ", or learning_rate = " + number(rate)
                                : "learning_rate = " + number(rate)});
}

// AdamW moves a weight by about its rate at each step, so the sum of the rates is how far it can get.
void advise_on_too_little(const TrainingFacts& training, std::vector<Advice>& advice) {
  const double least = adapters(training) ? kAdapterLeast : kLeastRate;
  const double mean_rate = training.learning_rate * training.mean_factor * training.mean_scale;
  const double steps = static_cast<double>(training.steps), wanted = static_cast<double>(kFewestSteps) * least;
  if (training.steps < kFewestSteps) {
    const double epochs = std::ceil(training.epochs * static_cast<double>(kFewestSteps) / steps);
    advice.push_back({"under_training", "train.epochs",
                      text::thousands(training.steps) + " optimizer steps in all: below 50 a task is hardly learnt",
                      "epochs = " + text::shortest(epochs) + ", a smaller batch_size, or more rows"});
  } else if (steps * mean_rate < wanted * (1 - 1e-9)) {
    advice.push_back({"under_training", "train.learning_rate",
                      text::thousands(training.steps) + " steps at a mean rate of " + number(mean_rate) +
                          " move no weight by more than about " + number(steps * mean_rate) + ", and below " +
                          number(wanted) + " a task is hardly learnt",
                      "learning_rate = " + number(training.learning_rate * wanted / (steps * mean_rate)) +
                          " or more, or more epochs"});
  }
}

void advise_on_one_rate(const Facts& facts, std::vector<Advice>& advice) {
  const TrainingFacts& training = facts.training;
  if (training.trained != Trained::trunk || training.freezes || training.held || !training.one_scale) return;
  const std::string entry = "{ \"discriminative_lr\", decay = 0.9 }";
  advice.push_back({"one_rate", "strategies",
                    "full fine-tuning at one rate: every layer, down to the embeddings, learns at " +
                        number(training.learning_rate * training.peak_factor) +
                        ", though lower layers hold what all tasks share",
                    facts.has_strategies ? entry + " as one more of strategies"
                                         : "strategies = { " + entry + " }; or { \"lora\", rank = 8, alpha = 32 }"});
}

void advise_on_peak(const TrainingFacts& training, std::vector<Advice>& advice) {
  const double peak = training.learning_rate * training.peak_factor;
  if (training.trained == Trained::trunk && peak * training.mean_scale > kUsualPeak * (1 + 1e-9)) {
    advice.push_back({"rate_too_high", "train.learning_rate",
                      "full fine-tuning at a peak rate of " + number(peak) +
                          ": usual are 1e-5 to 5e-5, and above 1e-4 what the model knew is overwritten in a few steps",
                      "learning_rate = 2e-5"});
  } else if (adapters(training) && peak > kAdapterPeak * (1 + 1e-9)) {
    advice.push_back({"rate_too_high", "train.learning_rate",
                      "adapters at a peak rate of " + number(peak) + ": usual are 1e-4 to 5e-4",
                      "learning_rate = 2e-4"});
  } else if (adapters(training) && peak < kAdapterLeast * (1 - 1e-9)) {
    advice.push_back({"rate_too_low", "train.learning_rate",
                      "adapters at a peak rate of " + number(peak) +
                          ", which is one for full fine-tuning: adapters need about ten times as much",
                      "learning_rate = 2e-4"});
  }
}

void advise_on_batch(const TrainingFacts& training, std::vector<Advice>& advice) {
  const double peak = training.learning_rate * training.peak_factor * training.mean_scale;
  const auto examples = static_cast<double>(training.batch_size * training.accumulation);
  const double allowed = kRatePerExample * (adapters(training) ? kAdapterFactor : 1);
  if (peak / examples <= allowed * (1 + 1e-9)) return;
  const double wanted = std::ceil(peak / allowed * (1 - 1e-9));
  const auto accumulation = static_cast<int64_t>(std::ceil(wanted / static_cast<double>(training.batch_size)));
  const bool enough_rows = wanted * 10 <= static_cast<double>(training.rows);
  advice.push_back(
      {"batch_and_rate", "train.batch_size",
       text::shortest(examples) + " examples a step at a peak rate of " + number(peak) + ": " +
           number(peak / examples) + " for each, and beyond " + number(allowed) +
           " chance moves the weights more than the task does; larger batches move them less",
       enough_rows ? "accumulation = " + std::to_string(accumulation) + ", or batch_size = " + text::shortest(wanted)
                   : "learning_rate = " + number(below(training.learning_rate * allowed * examples / peak))});
}

void advise_on_warm_up(const TrainingFacts& training, std::vector<Advice>& advice) {
  const bool warms = training.first_factor <= training.peak_factor / 2;
  if (training.trained != Trained::trunk || warms || training.steps < kStepsToWarm) return;
  advice.push_back({"warm_up", "schedule",
                    "full fine-tuning without warm-up: the first of " + text::thousands(training.steps) +
                        " steps has a rate of " + number(training.learning_rate * training.first_factor) +
                        ", while AdamW knows nothing yet of how large gradients are",
                    "schedule = require(\"engram.schedule\").linear { warmup = 0.1 }"});
}

}  // namespace

void advise_on_rates(const Facts& facts, std::vector<Advice>& advice) {
  const TrainingFacts& training = facts.training;
  advise_on_one_rate(facts, advice);
  if (!rules_hold(training)) return;
  advise_on_epochs(training, advice);
  advise_on_too_little(training, advice);
  advise_on_peak(training, advice);
  advise_on_batch(training, advice);
  advise_on_warm_up(training, advice);
}

}  // namespace engram::advisor
