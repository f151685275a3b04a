// Where a run computes, settled from its recipe before anything else asks about devices.
#pragma once

#include <ATen/core/Tensor.h>

#include "recipe/recipe.hpp"

namespace engram::run {

// Opens the device and sets threads and determinism for the whole process. Throws InternalError (exit 6) when a GPU was
// asked for and there is none.
at::Device settle_device(const recipe::Train& settings);

}  // namespace engram::run
