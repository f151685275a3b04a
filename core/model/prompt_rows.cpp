#include "model/prompt_rows.hpp"

namespace engram::model {
namespace {

at::Tensor on_device(const std::vector<int64_t>& values, at::Device device) {
  return at::tensor(values, at::kLong).to(device, /*non_blocking=*/true);
}

}  // namespace

std::vector<int64_t> lengthened(const std::vector<int64_t>& offsets, int64_t tokens) {
  std::vector<int64_t> borders = offsets;
  for (size_t b = 0; b < borders.size(); ++b) borders[b] += static_cast<int64_t>(b) * tokens;
  return borders;
}

PromptRows::PromptRows(const std::vector<int64_t>& offsets, int64_t tokens, at::Device device)
    : sequences_(static_cast<int64_t>(offsets.size()) - 1) {
  std::vector<int64_t> text, soft;
  text.reserve(static_cast<size_t>(offsets.back()));
  soft.reserve(static_cast<size_t>(sequences_ * tokens));
  int64_t row = 0;
  for (size_t b = 0; b + 1 < offsets.size(); ++b) {
    for (int64_t i = 0; i < tokens; ++i) soft.push_back(row++);
    for (int64_t i = offsets[b]; i < offsets[b + 1]; ++i) text.push_back(row++);
  }
  text_rows_T_ = on_device(text, device);
  soft_rows_BN_ = on_device(soft, device);
}

at::Tensor PromptRows::place(const at::Tensor& text, const at::Tensor& soft) const {
  std::vector<int64_t> sizes = text.sizes().vec();
  sizes[0] = text_rows_T_.numel() + soft_rows_BN_.numel();
  std::vector<int64_t> repeated = soft.sizes().vec();
  repeated.insert(repeated.begin(), sequences_);
  const at::Tensor of_each = soft.to(text.scalar_type()).unsqueeze(0).expand(repeated).flatten(0, 1);
  return at::zeros(sizes, text.options()).index_copy(0, text_rows_T_, text).index_copy(0, soft_rows_BN_, of_each);
}

}  // namespace engram::model
