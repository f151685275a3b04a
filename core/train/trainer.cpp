#include "train/trainer.hpp"

#include <cmath>

#include "base/errors.hpp"
#include "base/interrupt.hpp"
#include "base/seeds.hpp"
#include "data/batch.hpp"
#include "kernels/device.hpp"
#include "train/clipping.hpp"
#include "train/micro_batch.hpp"
#include "train/parameter_groups.hpp"
#include "train/penalties.hpp"

namespace engram::train {
namespace {

constexpr const char* kDropoutState = "dropout_generator";
constexpr const char* kOptimizerPrefix = "optimizer/";
constexpr const char* kSpikesPrefix = "spikes/";

std::vector<model::NamedTensor> all_tensors(const model::Model& model, const strategy::Strategies& strategies) {
  std::vector<model::NamedTensor> tensors = model.parameters();
  for (model::NamedTensor& claimed : strategies.claimed_tensors()) tensors.push_back(std::move(claimed));
  return tensors;
}

}  // namespace

StepCount count_steps(int64_t examples, const recipe::Train& settings) {
  const auto ceil_div = [](int64_t a, int64_t b) { return (a + b - 1) / b; };
  const int64_t batches = ceil_div(examples, settings.batch_size);
  StepCount count{.per_epoch = ceil_div(batches, settings.accumulation)};
  count.total = static_cast<int64_t>(std::ceil(settings.epochs * static_cast<double>(count.per_epoch)));
  return count;
}

Trainer::Trainer(model::Model& model, strategy::Strategies& strategies, const strategy::Resolution& resolution,
                 const data::Examples& examples, const recipe::Train& settings, const MixedData& mixed)
    : model_(model),
      strategies_(strategies),
      resolution_(resolution),
      examples_(examples),
      settings_(settings),
      count_(count_steps(examples.size(), settings)),
      mixing_(resolution.mixes, mixed, static_cast<uint64_t>(settings.seed)),
      optimizer_({.beta1 = settings.beta1, .beta2 = settings.beta2, .epsilon = settings.epsilon}),
      dropout_(kernels::make_generator(model.device(), derive_seed(static_cast<uint64_t>(settings.seed), "dropout"))),
      live_(all_tensors(model, strategies)) {
  if (settings.spikes) spikes_.emplace(*settings.spikes, model.device());
  if (resolution.trainable_count() == 0) {
    throw RecipeError({.what = "nothing would train: every parameter is frozen",
                       .where = "strategies",
                       .fix = "train something, or add an adapter such as { \"lora\" }"});
  }
}

recipe::ScheduleInput Trainer::schedule_input() const {
  return {.step = done_, .steps = count_.total, .epoch = epoch(), .epochs = settings_.epochs};
}

std::string Trainer::weight_of(const std::string& name) const {
  const strategy::BoundClaims& bound = strategies_.bound();
  for (const strategy::BoundLossTerm& term : bound.loss_terms) {
    if (term.name == name) return term.schedulable;
  }
  for (const strategy::BoundPenalty& penalty : bound.penalties) {
    if (penalty.name == name) return penalty.schedulable;
  }
  return {};
}

void Trainer::choose_groups() {
  groups_ = groups_at(resolution_, live_, settings_.weight_decay, done_, epoch());
  for (const model::NamedTensor& entry : live_) {
    entry.tensor.set_requires_grad(false);
    entry.tensor.mutable_grad() = at::Tensor();
  }
  for (const ParameterGroup& group : groups_) {
    for (const model::NamedTensor& entry : group.tensors) entry.tensor.set_requires_grad(true);
  }
}

StepRows Trainer::next_rows() {
  const int64_t epoch = done_ / count_.per_epoch;
  if (epoch != order_epoch_) {
    order_ = data::epoch_order(examples_.size(), static_cast<uint64_t>(settings_.seed), epoch);
    order_epoch_ = epoch;
  }
  const int64_t per_step = settings_.batch_size * settings_.accumulation;
  const int64_t begin = done_ % count_.per_epoch * per_step;
  const int64_t end = std::min<int64_t>(begin + per_step, examples_.size());
  const int64_t before = epoch * examples_.size();
  return {.fresh = {order_.begin() + begin, order_.begin() + end}, .mixed = mixing_.rows(before + begin, before + end)};
}

StepResult Trainer::accumulate(const StepRows& rows, const recipe::ScheduleResult& schedule) {
  const auto total = static_cast<int64_t>(rows.fresh.size());
  StepResult result{.examples = total,
                    .mixed_examples = count_rows(rows.mixed),
                    .loss = at::zeros({}, at::TensorOptions(model_.device()).dtype(at::kFloat))};
  const strategy::BoundClaims& bound = strategies_.bound();
  for (const strategy::BoundLossTerm& term : bound.loss_terms) result.terms[term.name] = at::zeros_like(result.loss);
  StepInput input{.model = model_,
                  .start = strategies_.start_weights(),
                  .strategies = strategies_,
                  .examples = examples_,
                  .precision = settings_.precision,
                  .pass = {.training = true, .dropout_generator = dropout_},
                  .terms = active_terms(bound.loss_terms, schedule.strategy_numbers),
                  .reads = {},
                  .total = total,
                  .new_share = mixing_.new_share()};
  input.reads = reads_of(input.terms);
  const int64_t parts = (total + settings_.batch_size - 1) / settings_.batch_size;
  for (int64_t part = 0; part < parts; ++part) {
    if (part > 0) interrupt::check();
    const int64_t begin = part * settings_.batch_size;
    const int64_t count = std::min(settings_.batch_size, total - begin);
    run_micro_batch(input, std::span(rows.fresh).subspan(begin, count), part_of(rows.mixed, part, parts), result.loss,
                    result.terms);
  }
  return result;
}

void Trainer::rewind() {
  dropout_.set_state(dropout_before_);
  for (const model::NamedTensor& entry : live_) entry.tensor.mutable_grad() = at::Tensor();
}

std::vector<model::NamedTensor> Trainer::trainable() const {
  std::vector<model::NamedTensor> tensors;
  for (const ParameterGroup& group : groups_) {
    tensors.insert(tensors.end(), group.tensors.begin(), group.tensors.end());
  }
  return tensors;
}

StepResult Trainer::step(const recipe::ScheduleResult& schedule) {
  strategies_.step_begins();
  choose_groups();
  dropout_before_ = dropout_.get_state();
  StepResult result;
  try {
    result = gradients(schedule);
  } catch (...) {
    rewind();
    throw;
  }
  update(schedule, result);
  strategies_.step_ends();
  return result;
}

StepResult Trainer::gradients(const recipe::ScheduleResult& schedule) {
  StepRows rows = next_rows();
  StepResult result = accumulate(rows, schedule);
  result.rows = std::move(rows);
  const std::vector<model::NamedTensor> trainable = this->trainable();
  strategies_.on_gradients(where(), trainable);
  result.penalties = add_penalties(strategies_.bound().penalties, schedule.strategy_numbers, model_.device());
  strategies_.project(where(), trainable);
  std::vector<at::Tensor> gradients;
  for (const model::NamedTensor& entry : trainable) {
    if (entry.tensor.grad().defined()) gradients.push_back(entry.tensor.grad());
  }
  result.gradient_norm = clip_gradients(gradients, settings_.clip);
  return result;
}

void Trainer::update(const recipe::ScheduleResult& schedule, StepResult& result) {
  whole_ = false;
  if (spikes_) result.verdict = spikes_->judge(result.loss, result.gradient_norm);
  const at::Tensor finite = at::logical_and(at::isfinite(result.gradient_norm), at::isfinite(result.loss));
  const at::Tensor found_inf = result.verdict ? result.verdict->is_spike : at::logical_not(finite).to(at::kFloat);
  const double rate = settings_.learning_rate * schedule.rate_factor;
  optimizer_.step(groups_, rate, found_inf);
  for (const ParameterGroup& group : groups_) result.learning_rates.push_back(rate * group.rate_scale);
  result.step = ++done_;
  strategies_.on_update(where());
  whole_ = true;
}

void Trainer::take_back(const StepResult& skipped) {
  if (skipped.step != done_) throw InternalError({.what = "a step that is not the last one is to be taken back"});
  rewind();
  --done_;
}

std::vector<model::NamedTensor> Trainer::state() const {
  std::vector<model::NamedTensor> state = {{kDropoutState, dropout_.get_state()}};
  const auto append = [&](const std::vector<model::NamedTensor>& part, const std::string& prefix) {
    for (const model::NamedTensor& entry : part) state.push_back({prefix + entry.name, entry.tensor});
  };
  append(optimizer_.state(), kOptimizerPrefix);
  if (spikes_) append(spikes_->state(), kSpikesPrefix);
  return state;
}

void Trainer::restore(const std::vector<model::NamedTensor>& state, int64_t done) {
  std::vector<model::NamedTensor> moments, window;
  const auto take = [](const model::NamedTensor& entry, const std::string& prefix,
                       std::vector<model::NamedTensor>& part) {
    if (entry.name.starts_with(prefix)) part.push_back({entry.name.substr(prefix.size()), entry.tensor});
  };
  for (const model::NamedTensor& entry : state) {
    if (entry.name == kDropoutState) dropout_.set_state(entry.tensor.cpu());
    take(entry, kOptimizerPrefix, moments);
    take(entry, kSpikesPrefix, window);
  }
  optimizer_.restore(moments, model_.device());
  if (spikes_) spikes_->restore(window);
  done_ = done;
}

}  // namespace engram::train
