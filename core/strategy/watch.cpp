#include "strategy/watch.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cstdio>

#include "base/text.hpp"
#include "strategy/synchronisations.hpp"
#include "strategy/tensor_version.hpp"

namespace engram::strategy {
namespace {

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

bool is_finite(const at::Tensor& tensor) {
  const at::NoGradGuard no_grad;
  return at::isfinite(tensor.detach()).all().item<bool>();
}

std::string whose(const std::string& owner) {
  return owner.empty() ? "a parameter of the model" : "a tensor of strategy '" + owner + "'";
}

std::string figure(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

}  // namespace

Watch::Watch() = default;
Watch::~Watch() = default;

void Watch::look_at(const std::string& name, const std::string& owner, const at::Tensor& tensor) {
  tensors_.push_back({name, owner, tensor, tensor.sizes().vec()});
}

Watch::Seen Watch::seen(const Looked& looked) {
  const at::Tensor& gradient = looked.tensor.grad();
  return {.version = version_of(looked.tensor),
          .gradient_version = gradient.defined() ? static_cast<int64_t>(version_of(gradient)) : -1,
          .data = looked.tensor.const_data_ptr(),
          .requires_grad = looked.tensor.requires_grad()};
}

void Watch::enter(const CallSite& call) {
  Frame frame{.plugin = call.plugin, .phase = call.phase};
  frame.before.reserve(tensors_.size());
  for (const Looked& looked : tensors_) frame.before.push_back(seen(looked));
  if (in_step_) frame.waits = std::make_unique<SynchronisationCount>();
  frame.start = Clock::now();
  frames_.push_back(std::move(frame));
}

// Only a projection may change gradients; what it may do with them is checked where it is called.
void Watch::compare(const CallSite& call) const {
  const std::vector<Seen>& before = frames_.back().before;
  for (size_t i = 0; i < before.size(); ++i) {
    const Looked& looked = tensors_[i];
    const Seen now = seen(looked);
    const bool own = looked.owner == call.plugin;
    const bool written = now.version != before[i].version || now.data != before[i].data;
    if (written && !own) {
      throw call.offence("it wrote into " + looked.name + ", " + whose(looked.owner) + ", which it did not claim",
                         "write into a copy, or claim the change in plan(), so that the host makes it");
    }
    if (looked.tensor.sizes() != at::IntArrayRef(looked.shape)) {
      throw call.offence("it gave " + looked.name + " the shape " + text::shape(looked.tensor.sizes().vec()) +
                             ", claimed was " + text::shape(looked.shape),
                         "write into the tensor in place");
    }
    if (now.gradient_version != before[i].gradient_version && call.phase != "projection") {
      throw call.offence(
          "it changed the gradient of " + looked.name + ", which is read only there",
          "claim a projection by plan.project(), or return a loss term and leave backward() to the host");
    }
    if (now.requires_grad != before[i].requires_grad) {
      throw call.offence("it changed whether " + looked.name + " requires a gradient",
                         "claim it by plan.train() or plan.freeze()");
    }
    if (written && !is_finite(looked.tensor)) {
      throw call.offence("it left a value that is not finite in its tensor " + looked.name);
    }
  }
}

void Watch::check(const CallSite& call) {
  frames_.back().seconds = seconds_between(frames_.back().start, Clock::now());
  keep_waits(frames_.back());
  compare(call);
}

// What follows in this call is the host's own reading.
void Watch::keep_waits(Frame& frame) {
  if (!frame.waits) return;
  for (const auto& [operation, times] : frame.waits->by_operator()) {
    costs_[frame.plugin].waits[frame.phase + ": " + operation] += times;
  }
  frame.waits.reset();
}

void Watch::account(const Frame& frame) {
  Cost& cost = costs_[frame.plugin];
  if (!in_step_ || frame.seconds < 0) return;
  cost.seconds += frame.seconds - frame.of_others;
  cost.phases[frame.phase] += frame.seconds - frame.of_others;
}

void Watch::leave() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  account(frame);
  if (!frames_.empty()) frames_.back().of_others += seconds_between(frame.start, Clock::now());
}

void Watch::pause(const CallSite& call) { compare(call); }

void Watch::resume() {
  std::vector<Seen>& before = frames_.back().before;
  for (size_t i = 0; i < before.size(); ++i) before[i] = seen(tensors_[i]);
}

void Watch::step_begins() {
  in_step_ = true;
  step_start_ = Clock::now();
}

void Watch::step_ends() {
  in_step_ = false;
  step_seconds_ += seconds_between(step_start_, Clock::now());
  ++steps_;
}

void require_finite(const CallSite& call, const std::string& what, const at::Tensor& tensor) {
  if (!call.watch || !tensor.defined() || is_finite(tensor)) return;
  throw call.offence(what + " holds a value that is not finite");
}

WatchReport report_of(const Watch& watch) {
  WatchReport report;
  if (watch.steps() == 0) return report;
  const auto steps = static_cast<double>(watch.steps());
  for (const auto& [strategy, cost] : watch.costs()) {
    const std::string name = "strategy '" + strategy + "'";
    for (const auto& [where, times] : cost.waits) {
      report.warnings.push_back(name + " waits for the device " + figure("%.3g", static_cast<double>(times) / steps) +
                                " times a step (" + where + "): keep such values as tensors, and read them in end()");
    }
    const double share = watch.step_seconds() > 0 ? cost.seconds / watch.step_seconds() : 0;
    const std::string of_a_step = figure("%.1f %%", 100 * share) + " of a step, " +
                                  figure("%.2f", 1e3 * cost.seconds / steps) + " of " +
                                  figure("%.2f ms", 1e3 * watch.step_seconds() / steps);
    const auto most = std::max_element(cost.phases.begin(), cost.phases.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (share > kMostOfAStep) {
      report.warnings.push_back(name + " takes " + of_a_step + " (most of it in " + most->first + "); above " +
                                figure("%.0f %%", 100 * kMostOfAStep) + " a strategy counts as slow");
    } else {
      report.notes.push_back("strict plugins: " + name + " takes " + of_a_step);
    }
  }
  return report;
}

}  // namespace engram::strategy
