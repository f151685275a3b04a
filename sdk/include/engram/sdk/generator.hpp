// Deterministic fills for initialise(): drawn on the CPU from the given generator, so that every device starts alike.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <engram/sdk/export.hpp>

namespace engram::sdk {

// In place, on any device. `generator` is the CPU generator of InitView::generator().
ENGRAM_SDK_EXPORT void fill_uniform(const at::Tensor& tensor, double low, double high, at::Generator generator);
ENGRAM_SDK_EXPORT void fill_normal(const at::Tensor& tensor, double mean, double deviation, at::Generator generator);

// Kaiming uniform for a matrix (out, in): U(-b, b), b = sqrt(6 / ((1 + slope^2) in)). He et al. 2015, arXiv 1502.01852.
// With slope sqrt(5), b = 1 / sqrt(in): the default of torch's linear layers.
ENGRAM_SDK_EXPORT void fill_kaiming_uniform(const at::Tensor& matrix, double slope, at::Generator generator);

}  // namespace engram::sdk
