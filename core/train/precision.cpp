#include "train/precision.hpp"

#include <ATen/autocast_mode.h>

namespace engram::train {

PrecisionScope::PrecisionScope(at::Device device, recipe::Precision precision)
    : type_(device.type()), active_(precision == recipe::Precision::bf16) {
  if (!active_) return;
  was_enabled_ = at::autocast::is_autocast_enabled(type_);
  old_dtype_ = at::autocast::get_autocast_dtype(type_);
  at::autocast::set_autocast_enabled(type_, true);
  at::autocast::set_autocast_dtype(type_, at::kBFloat16);
  at::autocast::increment_nesting();
}

PrecisionScope::~PrecisionScope() {
  if (!active_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(type_, was_enabled_);
  at::autocast::set_autocast_dtype(type_, old_dtype_);
}

}  // namespace engram::train
