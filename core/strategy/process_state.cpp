#include "strategy/process_state.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/DefaultDtype.h>

#include <cfenv>
#include <clocale>
#include <exception>

namespace engram::strategy {
namespace {

// Without the flags that say which operations went wrong in the past.
uint64_t float_control() {
#if defined(__x86_64__)
  return __builtin_ia32_stmxcsr() & ~uint64_t{0x3f};
#elif defined(__aarch64__)
  uint64_t control = 0;
  asm volatile("mrs %0, fpcr" : "=r"(control));
  return control;
#else
  return static_cast<uint64_t>(std::fegetround());
#endif
}

void set_float_control(uint64_t control) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(static_cast<unsigned>(control));
#elif defined(__aarch64__)
  asm volatile("msr fpcr, %0" : : "r"(control));
#else
  std::fesetround(static_cast<int>(control));
#endif
}

at::mt19937_data_pod global_generator() {
  const at::Generator& generator = at::detail::getDefaultCPUGenerator();
  return static_cast<at::CPUGeneratorImpl*>(generator.unsafeGetGeneratorImpl())->engine().data();
}

bool same(const at::mt19937_data_pod& a, const at::mt19937_data_pod& b) {
  return a.seed_ == b.seed_ && a.left_ == b.left_ && a.next_ == b.next_ && a.state_ == b.state_;
}

bool same(const c10::impl::LocalDispatchKeySet& a, const c10::impl::LocalDispatchKeySet& b) {
  return a.included_ == b.included_ && a.excluded_ == b.excluded_;
}

std::string now_and_before(int now, int before) { return std::to_string(now) + ", before " + std::to_string(before); }

}  // namespace

ProcessState::ProcessState()
    : autograd_(c10::AutogradState::get_tls_state()),
      dispatch_(c10::impl::tls_local_dispatch_key_set()),
      threads_(at::get_num_threads()),
      dtype_(c10::get_default_dtype()),
      deterministic_(at::globalContext().deterministicAlgorithms()),
      warns_only_(at::globalContext().deterministicAlgorithmsWarnOnly()),
      cudnn_deterministic_(at::globalContext().deterministicCuDNN()),
      cudnn_benchmark_(at::globalContext().benchmarkCuDNN()),
      float_control_(float_control()),
      locale_(std::setlocale(LC_NUMERIC, nullptr)),
      global_generator_(global_generator()),
      exceptions_(std::uncaught_exceptions()) {}

std::optional<ProcessChange> ProcessState::change() const {
  const ProcessState now;
  if (now.autograd_.get_grad_mode() != autograd_.get_grad_mode()) {
    const std::string turned = now.autograd_.get_grad_mode() ? "on" : "off";
    return ProcessChange{"it turned gradients " + turned + " and left them so",
                         "use at::NoGradGuard or at::AutoGradMode as a local variable"};
  }
  if (now.autograd_.get_inference_mode() != autograd_.get_inference_mode() || !same(now.dispatch_, dispatch_)) {
    return ProcessChange{"it changed a mode of torch (inference, autocast or another) and left it so",
                         "hold such guards as local variables"};
  }
  if (now.threads_ != threads_) {
    return ProcessChange{"it changed the number of threads: " + now_and_before(now.threads_, threads_),
                         "leave them to the recipe's train.threads"};
  }
  if (now.dtype_ != dtype_) {
    return ProcessChange{"it changed torch's default dtype to " + std::string(now.dtype_.name()),
                         "name the dtype where a tensor is made"};
  }
  if (now.deterministic_ != deterministic_ || now.warns_only_ != warns_only_ ||
      now.cudnn_deterministic_ != cudnn_deterministic_ || now.cudnn_benchmark_ != cudnn_benchmark_) {
    return ProcessChange{"it changed which algorithms torch may choose (deterministic, benchmark)",
                         "leave torch's context alone: it holds for the whole run"};
  }
  if (now.float_control_ != float_control_) {
    return ProcessChange{"it changed the floating-point environment (rounding, denormal numbers or traps)",
                         "put it back before returning; where loading did it, link the plugin without -ffast-math"};
  }
  if (now.locale_ != locale_) {
    return ProcessChange{"it changed the locale of numbers to '" + now.locale_ + "'", "do not call setlocale()"};
  }
  if (!same(now.global_generator_, global_generator_)) {
    return ProcessChange{"it used torch's global generator, which no checkpoint holds",
                         "draw from InitView::generator(), and drop out by AdapterPass::dropout"};
  }
  if (now.exceptions_ != exceptions_) {
    return ProcessChange{"it returned while an exception was in flight", "let the exception pass, or catch it"};
  }
  return {};
}

void ProcessState::restore() const {
  c10::impl::_force_tls_local_dispatch_key_set(dispatch_);
  c10::AutogradState::set_tls_state(autograd_);
  if (at::get_num_threads() != threads_) at::set_num_threads(threads_);
  c10::set_default_dtype(dtype_);
  at::globalContext().setDeterministicAlgorithms(deterministic_, warns_only_);
  at::globalContext().setDeterministicCuDNN(cudnn_deterministic_);
  at::globalContext().setBenchmarkCuDNN(cudnn_benchmark_);
  set_float_control(float_control_);
  if (locale_ != std::setlocale(LC_NUMERIC, nullptr)) std::setlocale(LC_NUMERIC, locale_.c_str());
}

}  // namespace engram::strategy
