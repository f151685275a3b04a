#include "predict/predictor.hpp"

#include <c10/core/InferenceMode.h>

#include "base/errors.hpp"
#include "base/interrupt.hpp"
#include "data/batch.hpp"

namespace engram::predict {
namespace {

constexpr size_t kBatchSize = 32;

}  // namespace

Predictor::Predictor(std::unique_ptr<model::Model> model, data::Tokenizer tokenizer, std::string task, Input input,
                     int64_t max_length)
    : model_(std::move(model)),
      tokenizer_(std::move(tokenizer)),
      task_(std::move(task)),
      input_(input),
      max_length_(max_length) {}

std::vector<Prediction> Predictor::label(const std::vector<std::string>& texts,
                                         const std::vector<std::string>& pairs) const {
  if (pairs.size() != (input_ == Input::pair ? texts.size() : 0)) {
    throw InternalError({.what = std::to_string(pairs.size()) + " second texts for " + std::to_string(texts.size()) +
                                 " texts of the task '" + task_ + "'"});
  }
  const c10::InferenceMode inference;
  const data::Examples examples{.task = task_,
                                .tokens = tokenizer_.encode(texts, pairs, max_length_),
                                .labels = std::vector<int64_t>(texts.size(), -1)};
  const std::vector<std::string>& labels = model_->find_head(task_)->labels;
  std::vector<Prediction> predictions;
  for (size_t begin = 0; begin < texts.size(); begin += kBatchSize) {
    interrupt::check();
    std::vector<int64_t> rows;
    for (size_t i = begin; i < std::min(begin + kBatchSize, texts.size()); ++i) rows.push_back(static_cast<int64_t>(i));
    const data::Batch batch = data::pack(examples, rows).to(model_->device());
    const auto [probability_B, label_B] = model_->logits(batch, task_, {}).to(at::kFloat).softmax(1).cpu().max(1);
    for (size_t i = 0; i < rows.size(); ++i) {
      predictions.push_back({.label = labels[static_cast<size_t>(label_B.const_data_ptr<int64_t>()[i])],
                             .probability = probability_B.const_data_ptr<float>()[i]});
    }
  }
  return predictions;
}

}  // namespace engram::predict
