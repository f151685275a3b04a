// What --strict-plugins sees around every call into a plugin, beside what is always checked (guard.hpp): writes into
// tensors that the strategy did not claim, values that are not finite, time, and waiting for the device.
//
// One thread. It costs about 10 ns a tensor and call, and where values are checked a pass over them.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "strategy/guard.hpp"

namespace engram::strategy {

class SynchronisationCount;

class Watch {
 public:
  Watch();
  ~Watch();

  // A tensor whose version is compared around every call; `owner` may write into it, "" is the model.
  void look_at(const std::string& name, const std::string& owner, const at::Tensor& tensor);

  // A call begins; calls nest where the host works for a plugin that then calls another.
  void enter(const CallSite& call);
  // After a call that returned: throws PluginError that names what it wrote into and had not claimed, or a tensor of
  // its own that it left with values that are not finite.
  void check(const CallSite& call);
  void leave();
  // Around the host's own work inside a call: what came before is checked, and what the host does is not the plugin's.
  void pause(const CallSite& call);
  void resume();

  // Between these, time counts as of a training step.
  void step_begins();
  void step_ends();

  // What the calls of one strategy have cost the steps.
  struct Cost {
    double seconds = 0;                    // of steps, in its calls
    std::map<std::string, double> phases;  // the same by phase
    std::map<std::string, int64_t> waits;  // "on_update: aten::item" -> times that it read values back from the device
  };
  double step_seconds() const { return step_seconds_; }
  int64_t steps() const { return steps_; }
  const std::map<std::string, Cost>& costs() const { return costs_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Looked {
    std::string name;
    std::string owner;
    at::Tensor tensor;
    std::vector<int64_t> shape;
  };
  struct Seen {
    uint32_t version = 0;
    int64_t gradient_version = -1;  // -1: there is none
    const void* data = nullptr;
    bool requires_grad = false;
  };
  struct Frame {
    std::string plugin;
    std::string phase;
    std::vector<Seen> before;
    Clock::time_point start;
    double seconds = -1;   // of the call; below 0: it has not returned
    double of_others = 0;  // seconds in calls inside this one
    std::unique_ptr<SynchronisationCount> waits;
  };
  static Seen seen(const Looked& looked);
  void compare(const CallSite& call) const;
  void keep_waits(Frame& frame);
  void account(const Frame& frame);

  std::vector<Looked> tensors_;
  std::vector<Frame> frames_;
  std::map<std::string, Cost> costs_;
  Clock::time_point step_start_;
  bool in_step_ = false;
  double step_seconds_ = 0;
  int64_t steps_ = 0;
};

// Throws the offence when `tensor` holds a value that is not finite; does nothing unless a watch looks on.
void require_finite(const CallSite& call, const std::string& what, const at::Tensor& tensor);

// Lines for people once training is over: each strategy's share of a step, and first what it should not have done.
// `kMostOfAStep` is the share from which a strategy is named as slow.
inline constexpr double kMostOfAStep = 0.25;
struct WatchReport {
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
};
WatchReport report_of(const Watch& watch);

}  // namespace engram::strategy
