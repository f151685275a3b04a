// The training loss of a classification batch.
#pragma once

#include <ATen/core/Tensor.h>

namespace engram::train {

// Cross-entropy in fp32 summed over the batch: logits (B, C) of any float type, labels (B) int64. The caller divides by
// the number of examples of the whole optimizer step, so that splitting the step into micro-batches changes nothing.
at::Tensor cross_entropy_sum(const at::Tensor& logits_BC, const at::Tensor& labels_B);

}  // namespace engram::train
