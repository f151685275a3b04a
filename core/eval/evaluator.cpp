#include "eval/evaluator.hpp"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/errors.hpp"
#include "base/interrupt.hpp"
#include "data/batch.hpp"
#include "eval/metrics.hpp"
#include "eval/not_finite_scores.hpp"
#include "train/not_finite.hpp"
#include "train/precision.hpp"

namespace engram::eval {
namespace {

// Batches of similar length: nothing is padded outside attention, and little inside it.
std::vector<int64_t> by_length(const data::Examples& examples) {
  std::vector<int64_t> rows(static_cast<size_t>(examples.size()));
  std::iota(rows.begin(), rows.end(), 0);
  const auto length = [&](int64_t row) {
    const auto& offsets = examples.tokens.offsets;
    return offsets[static_cast<size_t>(row) + 1] - offsets[static_cast<size_t>(row)];
  };
  std::stable_sort(rows.begin(), rows.end(), [&](int64_t a, int64_t b) { return length(a) < length(b); });
  return rows;
}

// Calls use(batch on the model's device, forward(batch) in fp32) for every batch of the set.
template <class Forward, class Use>
void for_each_batch(const model::Model& model, const data::Examples& examples, const EvaluationSettings& settings,
                    const Forward& forward, const Use& use) {
  const c10::InferenceMode inference;
  const std::vector<int64_t> rows = by_length(examples);
  for (size_t begin = 0; begin < rows.size(); begin += static_cast<size_t>(settings.batch_size)) {
    interrupt::check();
    const size_t count = std::min(static_cast<size_t>(settings.batch_size), rows.size() - begin);
    const data::Batch batch = data::pack(examples, std::span(rows).subspan(begin, count)).to(model.device());
    at::Tensor result;
    {
      const train::PrecisionScope precision(model.device(), settings.precision);
      result = forward(batch);
    }
    use(batch, result.to(at::kFloat));
  }
}

std::vector<int64_t> lengths_of(const std::vector<int64_t>& offsets) {
  std::vector<int64_t> lengths;
  for (size_t b = 0; b + 1 < offsets.size(); ++b) lengths.push_back(offsets[b + 1] - offsets[b]);
  return lengths;
}

// Into the rows of `all` (N, C) that the batch holds.
void keep_probabilities(const data::Batch& batch, const at::Tensor& logits_BC, int64_t examples,
                        std::vector<float>& all) {
  const at::Tensor probabilities_BC = logits_BC.softmax(1).cpu().contiguous();
  const auto classes = static_cast<size_t>(probabilities_BC.size(1));
  all.resize(static_cast<size_t>(examples) * classes);
  for (size_t i = 0; i < batch.rows.size(); ++i) {
    const float* row = probabilities_BC.const_data_ptr<float>() + i * classes;
    std::copy_n(row, classes, all.begin() + batch.rows[i] * static_cast<int64_t>(classes));
  }
}

[[noreturn]] void refuse(const model::Model& model, const data::Examples& examples, std::vector<int64_t> rows,
                         const EvaluationSettings& settings) {
  std::sort(rows.begin(), rows.end());
  NotFiniteRows found{.set = examples.name, .rows = std::move(rows), .of = examples.size()};
  found.weights = train::not_finite(model.parameters());
  if (found.weights.empty()) {
    const auto fault = train::first_not_finite(model, examples, found.rows, settings.batch_size, settings.precision,
                                               settings.adapters);
    if (fault) found.layer = fault->layer;
  }
  throw NotFiniteScores(std::move(found));
}

}  // namespace

SetScores evaluate(const model::Model& model, const data::Examples& examples, const EvaluationSettings& settings) {
  SetScores scores;
  scores.predictions.resize(static_cast<size_t>(examples.size()));
  scores.losses.resize(static_cast<size_t>(examples.size()));
  std::vector<int64_t> not_finite;
  const model::Pass pass{.adapters = settings.adapters};
  const auto logits = [&](const data::Batch& batch) { return model.logits(batch, examples.task, pass); };
  for_each_batch(model, examples, settings, logits, [&](const data::Batch& batch, const at::Tensor& logits_BC) {
    const at::Tensor losses_B = at::cross_entropy_loss(logits_BC, batch.labels_B, {}, at::Reduction::None).cpu();
    const at::Tensor predictions_B = logits_BC.argmax(1).cpu();
    if (settings.probabilities) keep_probabilities(batch, logits_BC, examples.size(), scores.probabilities);
    for (size_t i = 0; i < batch.rows.size(); ++i) {
      const auto row = static_cast<size_t>(batch.rows[i]);
      scores.losses[row] = losses_B.data_ptr<float>()[i];
      scores.predictions[row] = predictions_B.data_ptr<int64_t>()[i];
      if (!std::isfinite(scores.losses[row])) not_finite.push_back(batch.rows[i]);
    }
  });
  if (!not_finite.empty()) refuse(model, examples, std::move(not_finite), settings);
  scores.metrics = classification_metrics(examples.labels, scores.predictions, scores.losses);
  return scores;
}

Behaviour observe(const model::Model& model, const data::Examples& examples, const model::Head& readout,
                  const EvaluationSettings& settings) {
  const std::string last_tap = model.view().taps.back();
  at::Tensor last_hidden_TH;
  const model::Pass pass{.adapters = settings.adapters,
                         .on_tap = [&](const std::string& tap, const at::Tensor& hidden_TH) {
                           if (tap == last_tap) last_hidden_TH = hidden_TH;
                         }};
  Behaviour seen{.log_probabilities_NC = at::empty({examples.size(), readout.weight.size(0)}, at::kFloat),
                 .mean_hidden_NH = at::empty({examples.size(), model.view().hidden}, at::kFloat)};
  const auto pooled = [&](const data::Batch& batch) { return model.pooled(batch, pass); };
  for_each_batch(model, examples, settings, pooled, [&](const data::Batch& batch, const at::Tensor& pooled_BH) {
    const at::Tensor log_probabilities_BC = at::linear(pooled_BH, readout.weight, readout.bias).log_softmax(1).cpu();
    seen.log_probabilities_NC.index_copy_(0, at::tensor(batch.rows, at::kLong), log_probabilities_BC);
    // A prompt's tokens stand before the text's, and the untouched model has none of them.
    const std::vector<int64_t> text = lengths_of(batch.offsets);
    const auto sequences =
        last_hidden_TH.to(at::kFloat).cpu().split_with_sizes(lengths_of(model.tap_offsets(batch, pass)));
    for (size_t b = 0; b < sequences.size(); ++b) {
      seen.mean_hidden_NH[batch.rows[b]].copy_(sequences[b].slice(0, sequences[b].size(0) - text[b]).mean(0));
    }
  });
  return seen;
}

const std::vector<std::string>& drift_metric_names() {
  static const std::vector<std::string> names = {"drift", "kl"};
  return names;
}

std::map<std::string, double> drift_metrics(const Behaviour& before, const Behaviour& now) {
  const c10::InferenceMode inference;
  const at::Tensor cosine_N = at::cosine_similarity(before.mean_hidden_NH, now.mean_hidden_NH, 1);
  const at::Tensor kl_N =
      (before.log_probabilities_NC.exp() * (before.log_probabilities_NC - now.log_probabilities_NC)).sum(1);
  return {{"drift", 1 - cosine_N.mean().item<double>()}, {"kl", kl_N.mean().item<double>()}};
}

}  // namespace engram::eval
