#include "predict/predictor.hpp"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>

#include "base/errors.hpp"
#include "base/interrupt.hpp"
#include "data/batch.hpp"
#include "model/known_ids.hpp"

namespace engram::predict {
namespace {

constexpr int64_t kNoLabel = -1;
constexpr size_t kLongestText = 1 << 20;  // bytes: far more than any model reads, and little to tokenize

std::string cut(const std::string& text) {
  if (text.size() <= kLongestText) return text;
  size_t end = kLongestText;
  while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // not within a character
  return text.substr(0, end);
}

Prediction prediction_of(const float* probabilities, int64_t classes, const Variant& variant) {
  Prediction made{.probabilities = {probabilities, probabilities + classes}};
  for (const float probability : made.probabilities) {
    if (std::isfinite(probability)) continue;
    throw InternalError({.what = "the probabilities of the head '" + variant.task + "' are no finite numbers",
                         .fix = "the weights are damaged, or training has diverged: engram inspect tells more"},
                        ExitCode::resources);
  }
  const auto most = std::max_element(made.probabilities.begin(), made.probabilities.end());
  made.label = static_cast<size_t>(most - made.probabilities.begin());
  return made;
}

}  // namespace

Predictor::Predictor(std::unique_ptr<model::Model> model, data::Tokenizer tokenizer, std::vector<Variant> variants,
                     BatchLimits limits)
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)), variants_(std::move(variants)), limits_(limits) {}

std::vector<Prediction> Predictor::label(const std::vector<Query>& queries) const {
  std::vector<std::vector<size_t>> rows(variants_.size());
  for (size_t row = 0; row < queries.size(); ++row) rows.at(queries[row].variant).push_back(row);
  std::vector<Prediction> predictions(queries.size());
  for (size_t i = 0; i < variants_.size(); ++i) {
    if (rows[i].empty()) continue;
    const auto work = [&] { label(queries, rows[i], variants_[i], predictions); };
    if (variants_[i].under) {
      variants_[i].under(work);
    } else {
      work();
    }
  }
  return predictions;
}

void Predictor::label(const std::vector<Query>& queries, const std::vector<size_t>& rows, const Variant& variant,
                      std::vector<Prediction>& predictions) const {
  const c10::InferenceMode inference;
  const data::Examples examples{.task = variant.task,
                                .tokens = tokenize(queries, rows, variant),
                                .labels = std::vector<int64_t>(rows.size(), kNoLabel)};
  for (const std::vector<int64_t>& batch_rows : batches(examples.tokens.offsets, limits_)) {
    interrupt::check();
    const data::Batch batch = data::pack(examples, batch_rows).to(model_->device());
    const at::Tensor logits_BC = model_->logits(batch, variant.task, {}).to(at::kFloat);
    const at::Tensor probabilities_BC = logits_BC.softmax(1).cpu().contiguous();
    const int64_t classes = probabilities_BC.size(1);
    for (size_t i = 0; i < batch_rows.size(); ++i) {
      const float* row = probabilities_BC.const_data_ptr<float>() + static_cast<int64_t>(i) * classes;
      predictions[rows[static_cast<size_t>(batch_rows[i])]] = prediction_of(row, classes, variant);
    }
  }
}

data::TokenizedTexts Predictor::tokenize(const std::vector<Query>& queries, const std::vector<size_t>& rows,
                                         const Variant& variant) const {
  std::vector<std::string> texts, pairs;
  for (const size_t row : rows) {
    texts.push_back(cut(queries[row].text));
    if (queries[row].pair) pairs.push_back(cut(*queries[row].pair));
  }
  data::TokenizedTexts tokens = tokenizer_.encode(texts, pairs, variant.max_length);
  model::require_known_ids(tokens, model_->view(), "tokenizer.json");
  return tokens;
}

}  // namespace engram::predict
