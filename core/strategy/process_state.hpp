// What belongs to the whole process and no plugin may change: torch's modes, its threads, its global generator, the
// floating-point environment and the locale of numbers. Taking and comparing a state costs less than a microsecond.
#pragma once

#include <ATen/core/MT19937RNGEngine.h>
#include <c10/core/AutogradState.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <c10/util/typeid.h>

#include <cstdint>
#include <optional>
#include <string>

namespace engram::strategy {

// One change: "it turned gradients off and left them so", and what to write instead.
struct ProcessChange {
  std::string what;
  std::string fix;
};

class ProcessState {
 public:
  // As it is now.
  ProcessState();

  // The first thing that is no longer as it was; nothing: all is.
  std::optional<ProcessChange> change() const;
  // Puts everything back, but for numbers that were drawn from torch's global generator.
  void restore() const;

 private:
  c10::AutogradState autograd_;
  c10::impl::LocalDispatchKeySet dispatch_;  // autocast and the like
  int threads_;
  caffe2::TypeMeta dtype_;
  bool deterministic_, warns_only_, cudnn_deterministic_, cudnn_benchmark_;
  uint64_t float_control_;  // rounding, what becomes of denormal numbers, traps
  std::string locale_;      // of numbers
  at::mt19937_data_pod global_generator_;
  int exceptions_;  // in flight
};

}  // namespace engram::strategy
