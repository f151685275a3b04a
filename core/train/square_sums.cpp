#include "train/square_sums.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "kernels/sums_of_squares.hpp"

namespace engram::train {
namespace {

// Outer products of a few groups at a time: few enough to be squared while the cache still holds them (5 MB).
constexpr int64_t kBufferElements = 5 << 18;

at::Tensor sum_of(const SquareSums& sums, const std::string& parameter) {
  const auto found = sums.find(parameter);
  return found == sums.end() ? at::Tensor() : found->second;
}

at::Tensor normalised(const at::Tensor& x_NH, double eps) {
  return std::get<0>(at::native_layer_norm(x_NH, {x_NH.size(1)}, {}, {}, eps));
}

// total (out, in) += sum over groups of (sum_t g_t a_t^T)^2.
void add_outer_squares(const at::Tensor& total, const at::Tensor& gradient_GSO, const at::Tensor& input_GSI) {
  const int64_t groups = gradient_GSO.size(0);
  const int64_t at_once = std::clamp<int64_t>(kBufferElements / total.numel(), 1, groups);
  const at::Tensor buffer = at::empty({at_once, total.size(0), total.size(1)}, total.options());
  for (int64_t begin = 0; begin < groups; begin += at_once) {
    const int64_t count = std::min(at_once, groups - begin);
    at::Tensor outer_GOI = buffer.narrow(0, 0, count);
    at::bmm_out(outer_GOI, gradient_GSO.narrow(0, begin, count).transpose(1, 2), input_GSI.narrow(0, begin, count));
    kernels::add_sum_of_squares(total, outer_GOI);
  }
}

}  // namespace

bool RecordedSquares::wanted(const model::Recorded& record, const SquareSums& sums) {
  return sums.contains(record.name + ".weight") ||
         (record.kind != model::Recorded::Kind::embedding && sums.contains(record.name + ".bias"));
}

RecordedSquares::RecordedSquares(const model::Recorded& record, const RowGroups& groups, const SquareSums& sums)
    : kind_(record.kind), groups_(groups), output_(record.output), weight_sum_(sum_of(sums, record.name + ".weight")) {
  const at::NoGradGuard no_grad;
  if (kind_ == model::Recorded::Kind::embedding) {
    prepare_embedding(record.input);
    return;
  }
  bias_sum_ = sum_of(sums, record.name + ".bias");
  if (!weight_sum_.defined()) return;
  const at::Tensor input = record.input.detach();
  if (kind_ == model::Recorded::Kind::layer_norm) {
    input_ = normalised(input, record.eps);
  } else {
    input_ = groups_.single_rows() ? input.square() : groups_.padded(input);
  }
}

// Rows of the table that a group names several times add before they are squared: every pair (group, id) has one sum.
void RecordedSquares::prepare_embedding(const at::Tensor& ids_N) {
  const int64_t vocabulary = weight_sum_.size(0);
  rows_ = at::nonzero(ids_N >= 0).squeeze(1);
  const at::Tensor keys = (groups_.group_of_row() * vocabulary + ids_N).index_select(0, rows_);
  const auto [pairs, pair_of_row, counts] = at::_unique2(keys, /*sorted=*/true, /*return_inverse=*/true);
  pair_of_row_ = pair_of_row;
  id_of_pair_ = at::remainder(pairs, vocabulary);
}

void RecordedSquares::add(const at::Tensor& gradient_NW) const {
  const at::NoGradGuard no_grad;
  if (kind_ == model::Recorded::Kind::linear) return add_linear(gradient_NW);
  if (kind_ == model::Recorded::Kind::layer_norm) return add_layer_norm(gradient_NW);
  add_embedding(gradient_NW);
}

void RecordedSquares::add_linear(const at::Tensor& gradient_NO) const {
  if (groups_.single_rows()) {
    const at::Tensor squares_NO = gradient_NO.square();
    if (weight_sum_.defined()) at::Tensor(weight_sum_).addmm_(squares_NO.t(), input_);
    if (bias_sum_.defined()) bias_sum_.add_(squares_NO.sum(0));
    return;
  }
  const at::Tensor gradient_GSO = groups_.padded(gradient_NO);
  if (weight_sum_.defined()) add_outer_squares(weight_sum_, gradient_GSO, input_);
  if (bias_sum_.defined()) kernels::add_sum_of_squares(bias_sum_, RowGroups::sums(gradient_GSO));
}

void RecordedSquares::add_layer_norm(const at::Tensor& gradient_NH) const {
  const auto add_to = [&](const at::Tensor& sum, const at::Tensor& rows_NH) {
    kernels::add_sum_of_squares(sum, RowGroups::sums(groups_.padded(rows_NH)));
  };
  if (weight_sum_.defined()) add_to(weight_sum_, gradient_NH * input_);
  if (bias_sum_.defined()) add_to(bias_sum_, gradient_NH);
}

void RecordedSquares::add_embedding(const at::Tensor& gradient_NH) const {
  const at::Tensor sums_PH = at::zeros({id_of_pair_.size(0), gradient_NH.size(1)}, gradient_NH.options())
                                 .index_add_(0, pair_of_row_, gradient_NH.index_select(0, rows_));
  at::Tensor(weight_sum_).index_add_(0, id_of_pair_, sums_PH.square_());
}

}  // namespace engram::train
