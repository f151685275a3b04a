#include "kernels/packed_layout.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include "base/errors.hpp"

namespace engram::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Autograd would scatter-add the gradient of a gather row by row; here both directions are gathers, because every
// token has exactly one slot.
struct Pad : torch::autograd::Function<Pad> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& packed_TW, const at::Tensor& token_of_slot,
                            const at::Tensor& slot_of_token) {
    context->save_for_backward({slot_of_token});
    return packed_TW.index_select(0, token_of_slot);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor slot_of_token = context->get_saved_variables()[0];
    return {gradients[0].index_select(0, slot_of_token), at::Tensor(), at::Tensor()};
  }
};

struct Unpad : torch::autograd::Function<Unpad> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& padded_BSW, const at::Tensor& slot_of_token) {
    context->save_for_backward({slot_of_token});
    context->saved_data["slots"] = padded_BSW.size(0);
    return padded_BSW.index_select(0, slot_of_token);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor slot_of_token = context->get_saved_variables()[0];
    const int64_t slots = context->saved_data["slots"].toInt();
    at::Tensor padded = at::zeros({slots, gradients[0].size(1)}, gradients[0].options());
    padded.index_copy_(0, slot_of_token, gradients[0]);
    return {padded, at::Tensor()};
  }
};

at::Tensor on_device(const std::vector<int64_t>& values, at::Device device) {
  return at::tensor(values, at::kLong).to(device, /*non_blocking=*/true);
}

void add_padding(PackedLayout& layout, const std::vector<int64_t>& offsets, at::Device device) {
  std::vector<int64_t> token_of_slot(static_cast<size_t>(layout.sequences * layout.longest), 0);
  std::vector<int64_t> slot_of_token;
  slot_of_token.reserve(static_cast<size_t>(layout.tokens));
  for (int64_t b = 0; b < layout.sequences; ++b) {
    for (int64_t token = offsets[b]; token < offsets[b + 1]; ++token) {
      const int64_t slot = b * layout.longest + token - offsets[b];
      token_of_slot[slot] = token;
      slot_of_token.push_back(slot);
    }
  }
  layout.token_of_slot_BS = on_device(token_of_slot, device);
  layout.slot_of_token_T = on_device(slot_of_token, device);
  at::Tensor is_token = at::zeros({layout.sequences * layout.longest}, at::dtype(at::kBool).device(device));
  is_token.index_fill_(0, layout.slot_of_token_T, true);
  layout.is_token_B11S = is_token.view({layout.sequences, 1, 1, layout.longest});
}

}  // namespace

PackedLayout make_layout(const std::vector<int64_t>& offsets, at::Device device) {
  if (offsets.size() < 2 || offsets.front() != 0) {
    throw InternalError({.what = "a packed batch needs at least one sequence, and borders from 0"});
  }
  PackedLayout layout;
  layout.sequences = static_cast<int64_t>(offsets.size()) - 1;
  layout.tokens = offsets.back();
  for (size_t b = 0; b + 1 < offsets.size(); ++b) {
    const int64_t length = offsets[b + 1] - offsets[b];
    if (length < 1) throw InternalError({.what = "sequence " + std::to_string(b) + " of a packed batch is empty"});
    layout.longest = std::max(layout.longest, length);
  }
  layout.equal_lengths = layout.sequences * layout.longest == layout.tokens;
  layout.first_B = on_device({offsets.begin(), offsets.end() - 1}, device);
  if (!layout.equal_lengths) add_padding(layout, offsets, device);
  return layout;
}

at::Tensor pad(const at::Tensor& packed_TW, const PackedLayout& layout) {
  if (layout.equal_lengths) return packed_TW;
  return Pad::apply(packed_TW, layout.token_of_slot_BS, layout.slot_of_token_T);
}

at::Tensor unpad(const at::Tensor& padded_BSW, const PackedLayout& layout) {
  if (layout.equal_lengths) return padded_BSW;
  return Unpad::apply(padded_BSW, layout.slot_of_token_T);
}

}  // namespace engram::kernels
