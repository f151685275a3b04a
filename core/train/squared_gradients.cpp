// The pass over squared gradients: batches, one forward pass each, as many backward passes as its labels need.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/errors.hpp"
#include "base/interrupt.hpp"
#include "data/batch.hpp"
#include "train/label_scores.hpp"
#include "train/passes.hpp"
#include "train/row_groups.hpp"
#include "train/square_sums.hpp"

namespace engram::train {
namespace {

using Records = std::vector<model::Recorded>;

SquareSums zero_sums(const model::Model& model, const std::vector<std::string>& parameters) {
  SquareSums sums;
  for (const std::string& name : parameters) sums[name] = at::zeros_like(model.parameter(name).detach());
  return sums;
}

void check_request(const data::Examples& examples, const std::vector<int64_t>& rows, const SquaresRequest& request) {
  if (request.squares == sdk::SquareMode::batch_mean && request.labels == sdk::LabelMode::exact) {
    throw InternalError({.what = "the gradient of a batch's mean loss was asked for under every label at once"});
  }
  if (request.labels != sdk::LabelMode::given) return;
  const auto is_missing = [&](int64_t row) { return examples.labels[static_cast<size_t>(row)] < 0; };
  const auto missing = std::find_if(rows.begin(), rows.end(), is_missing);
  if (missing == rows.end()) return;
  throw DataError({.what = "row " + std::to_string(*missing + 1) + " of data." + examples.name +
                           " has no label, and squared gradients of the given labels need one",
                   .fix = "take the exact, sampled or predicted labels"});
}

// Positions in `rows`, batch by batch. Where batches do not count, rows of like length come together: less padding.
std::vector<int64_t> batch_order(const data::Examples& examples, const std::vector<int64_t>& rows,
                                 sdk::SquareMode squares) {
  std::vector<int64_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  if (squares == sdk::SquareMode::batch_mean) return order;
  const auto length = [&](int64_t position) {
    const auto row = static_cast<size_t>(rows[static_cast<size_t>(position)]);
    return examples.tokens.offsets[row + 1] - examples.tokens.offsets[row];
  };
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return length(a) < length(b); });
  return order;
}

// Groups of one operation's rows whose gradients add before they are squared: a sequence's tokens, or the whole batch.
RowGroups groups_of(const model::Recorded& record, const std::vector<int64_t>& token_offsets, sdk::SquareMode squares,
                    at::Device device) {
  const int64_t rows = record.output.size(0);
  if (squares == sdk::SquareMode::batch_mean) return RowGroups({0, rows}, device);
  if (rows == token_offsets.back()) return RowGroups(token_offsets, device);
  std::vector<int64_t> single(token_offsets.size());
  std::iota(single.begin(), single.end(), 0);
  return RowGroups(std::move(single), device);
}

void check_recorded(const std::vector<std::string>& parameters, const Records& records) {
  for (const std::string& name : parameters) {
    const SquareSums one = {{name, {}}};
    const auto is_of = [&](const model::Recorded& record) { return RecordedSquares::wanted(record, one); };
    if (std::any_of(records.begin(), records.end(), is_of)) continue;
    throw InternalError({.what = "a pass with squared gradients was asked for '" + name +
                                 "', which the model's operations do not record"});
  }
}

// Distinct outputs in order of first appearance, and which of them each record has: tables of one sum share it.
struct Outputs {
  std::vector<at::Tensor> tensors;
  std::vector<size_t> of_record;
};
Outputs distinct_outputs(const std::vector<RecordedSquares>& prepared) {
  Outputs outputs;
  for (const RecordedSquares& record : prepared) {
    const auto same = [&](const at::Tensor& other) { return other.is_same(record.output()); };
    const auto found = std::find_if(outputs.tensors.begin(), outputs.tensors.end(), same);
    outputs.of_record.push_back(static_cast<size_t>(found - outputs.tensors.begin()));
    if (found == outputs.tensors.end()) outputs.tensors.push_back(record.output());
  }
  return outputs;
}

class SquaresPass {
 public:
  SquaresPass(const model::Model& model, const data::Examples& examples, const SquaresRequest& request)
      : model_(model), examples_(examples), request_(request), sums_(zero_sums(model, request.parameters)) {}

  // `scale`: of the scores, so that squares come out weighted by its square.
  void add_batch(const std::vector<int64_t>& rows, const at::Tensor& uniform_B, double scale) {
    const data::Batch batch = data::pack(examples_, rows).to(model_.device());
    Records records;
    model::Pass pass{.adapters = request_.adapters};
    pass.on_record = [&](const model::Recorded& record) {
      if (RecordedSquares::wanted(record, sums_)) records.push_back(record);
    };
    const at::Tensor logits_BC = model_.logits(batch, examples_.task, pass);
    check_recorded(request_.parameters, records);

    std::vector<RecordedSquares> prepared;
    const std::vector<int64_t> offsets = model_.tap_offsets(batch, pass);
    for (const model::Recorded& record : records) {
      prepared.emplace_back(record, groups_of(record, offsets, request_.squares, model_.device()), sums_);
    }
    add_squares(prepared, logits_BC,
                label_scores(logits_BC.detach(), request_.labels, batch.labels_B, uniform_B.to(model_.device())),
                scale);
  }

  const SquareSums& sums() const { return sums_; }

 private:
  static void add_squares(const std::vector<RecordedSquares>& prepared, const at::Tensor& logits_BC,
                          const std::vector<at::Tensor>& scores, double scale) {
    const Outputs outputs = distinct_outputs(prepared);
    for (size_t i = 0; i < scores.size(); ++i) {
      const bool keeps_graph = i + 1 < scores.size();
      const auto gradients =
          torch::autograd::grad({logits_BC}, outputs.tensors, {scores[i] * scale}, /*retain_graph=*/keeps_graph);
      for (size_t r = 0; r < prepared.size(); ++r) prepared[r].add(gradients[outputs.of_record[r]]);
    }
  }

  const model::Model& model_;
  const data::Examples& examples_;
  const SquaresRequest& request_;
  SquareSums sums_;
};

}  // namespace

Squares squared_gradients(const model::Model& model, const data::Examples& examples, const std::vector<int64_t>& rows,
                          const SquaresRequest& request) {
  check_request(examples, rows, request);
  const at::AutoGradMode with_gradients(true);
  const auto count = static_cast<int64_t>(rows.size());
  const at::Tensor uniform_N = at::rand({count}, at::make_generator<at::CPUGeneratorImpl>(request.seed), at::kDouble);
  const std::vector<int64_t> order = batch_order(examples, rows, request.squares);
  const int64_t batches = (count + request.batch_size - 1) / request.batch_size;
  SquaresPass pass(model, examples, request);
  for (int64_t begin = 0; begin < count; begin += request.batch_size) {
    interrupt::check();
    const auto size = std::min(request.batch_size, count - begin);
    const at::Tensor positions = at::tensor(std::span(order).subspan(begin, size), at::kLong);
    std::vector<int64_t> batch_rows;
    for (int64_t i = begin; i < begin + size; ++i) {
      batch_rows.push_back(rows[static_cast<size_t>(order[static_cast<size_t>(i)])]);
    }
    const bool is_mean = request.squares == sdk::SquareMode::batch_mean;
    const double scale = is_mean ? 1 / (static_cast<double>(size) * std::sqrt(batches)) : 1 / std::sqrt(count);
    pass.add_batch(batch_rows, uniform_N.index_select(0, positions), scale);
  }
  Squares squares{.by_parameter = {}, .samples = count};
  for (const auto& [name, sum] : pass.sums()) squares.by_parameter[name] = sum.cpu();
  return squares;
}

}  // namespace engram::train
