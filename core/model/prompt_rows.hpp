// Where soft tokens and text tokens lie in a packed batch whose sequences a prompt lengthens.
//
// Shape letters: B sequences, T text tokens, N soft tokens, P = T + B N tokens in all, and any trailing width.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace engram::model {

// Borders of the sequences after each has got `tokens` more.
std::vector<int64_t> lengthened(const std::vector<int64_t>& offsets, int64_t tokens);

class PromptRows {
 public:
  // `offsets`: borders of the text.
  PromptRows(const std::vector<int64_t>& offsets, int64_t tokens, at::Device device);

  // (T, ...) and (N, ...) -> (P, ...): `soft` before every sequence's `text`. Differentiable in both, and both ways are
  // copies to places of their own, so that results repeat on every device.
  at::Tensor place(const at::Tensor& text, const at::Tensor& soft) const;

 private:
  int64_t sequences_;
  at::Tensor text_rows_T_;
  at::Tensor soft_rows_BN_;
};

}  // namespace engram::model
