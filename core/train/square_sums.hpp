// Squared gradients of one recorded operation's parameters, from its inputs and the gradient of its output.
//
// With a the input rows, g the output's gradient and t running over a group's rows (forgetting: Fisher information):
//   linear      weight: (sum_t g_t a_t^T)^2      bias: (sum_t g_t)^2
//   layer norm  weight: (sum_t g_t xhat_t)^2     bias: (sum_t g_t)^2
//   embedding   row i:  (sum over t with id i of g_t)^2
// The square is taken per group, after the sum over its rows, and then summed over groups. Where every group is one
// row, the first is (g^2)^T (a^2), one matrix product.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "train/row_groups.hpp"

namespace engram::train {

// Running sums by parameter, of each parameter's shape, on the model's device; only these are ever computed.
using SquareSums = std::map<std::string, at::Tensor>;

// What one pass recorded of one operation, made ready for as many gradients as follow.
class RecordedSquares {
 public:
  // Whether `sums` asks for a parameter of the operation.
  static bool wanted(const model::Recorded& record, const SquareSums& sums);
  RecordedSquares(const model::Recorded& record, const RowGroups& groups, const SquareSums& sums);

  const at::Tensor& output() const { return output_; }
  // Adds the squares under the gradient of output().
  void add(const at::Tensor& gradient_NW) const;

 private:
  void prepare_embedding(const at::Tensor& ids_N);
  void add_linear(const at::Tensor& gradient_NO) const;
  void add_layer_norm(const at::Tensor& gradient_NH) const;
  void add_embedding(const at::Tensor& gradient_NH) const;

  model::Recorded::Kind kind_;
  RowGroups groups_;
  at::Tensor output_;
  at::Tensor weight_sum_;  // undefined: not asked for
  at::Tensor bias_sum_;
  at::Tensor input_;        // linear: padded (G, S, in), or (N, in) squared for single rows; layer norm: xhat (N, H)
  at::Tensor rows_;         // embedding: the rows that have an id
  at::Tensor pair_of_row_;  // embedding: the pair (group, id) of each of those
  at::Tensor id_of_pair_;
};

}  // namespace engram::train
