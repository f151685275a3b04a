#include "run/probes.hpp"

#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "data/batch.hpp"
#include "data/encoding.hpp"
#include "model/known_ids.hpp"

namespace engram::run {
namespace {

constexpr size_t kBatch = 32;

const std::vector<std::string> kSentences = {
    "The train leaves at half past nine.",
    "She bought a second-hand bicycle last week.",
    "How far is it from here to the sea?",
    "The committee has not yet published its report.",
    "It rained for three days, and then the sun came out.",
    "Nobody had expected the film to be this good.",
    "The price of wheat rose by two per cent in March.",
    "He forgot his keys again!",
    "Water boils at a lower temperature in the mountains.",
    "The software update fixes a fault in the clock.",
    "Their team lost the match in the last minute.",
    "Which of these two rivers is the longer one?",
    "I would not recommend this hotel to anyone.",
    "A short walk leads from the station to the old town.",
    "The company plans to open a new plant next year.",
    "Yes.",
};

data::Examples tokenized(const std::vector<std::string>& texts, const std::vector<std::string>& pairs,
                         const data::Tokenizer& tokenizer, int64_t max_length) {
  return {.name = "probes",
          .tokens = tokenizer.encode(texts, pairs, max_length),
          .labels = std::vector<int64_t>(texts.size(), 0)};
}

data::Examples spread(const data::Examples& all) {
  const int64_t rows = std::min(all.size(), kProbesOfSet);
  data::Examples some{.name = all.name, .task = all.task};
  for (int64_t i = 0; i < rows; ++i) {
    const auto row = static_cast<size_t>(i * all.size() / rows);
    const auto begin = all.tokens.offsets[row], end = all.tokens.offsets[row + 1];
    some.tokens.ids.insert(some.tokens.ids.end(), all.tokens.ids.begin() + begin, all.tokens.ids.begin() + end);
    some.tokens.type_ids.insert(some.tokens.type_ids.end(), all.tokens.type_ids.begin() + begin,
                                all.tokens.type_ids.begin() + end);
    some.tokens.offsets.push_back(static_cast<int64_t>(some.tokens.ids.size()));
    some.labels.push_back(0);
  }
  return some;
}

}  // namespace

int64_t Probes::count() const {
  int64_t sum = 0;
  for (const data::Examples& set : texts) sum += set.size();
  return sum;
}

Probes probes_of(const std::vector<data::Examples>& sets, const std::string& origin) {
  Probes probes{.origin = origin};
  for (const data::Examples& set : sets) probes.texts.push_back(spread(set));
  return probes;
}

Probes probes_from(const std::filesystem::path& file, predict::Input input, const data::Tokenizer& tokenizer,
                   int64_t max_length) {
  const std::string content = read_file(file);
  std::vector<std::string> texts, pairs;
  Faults faults;
  int64_t number = 0;
  for (const std::string& line : text::split(content, '\n')) {
    const std::string where = file.string() + ":" + std::to_string(++number);
    if (text::trim(line).empty()) continue;
    if (data::first_invalid_utf8(line)) faults.add({.what = "is not UTF-8", .where = where});
    const std::vector<std::string> parts = text::split(line, '\t');
    if (input == predict::Input::pair && parts.size() != 2) {
      faults.add({.what = "is not two texts separated by a TAB, and this model was trained on pairs of texts",
                  .where = where});
      continue;
    }
    texts.push_back(input == predict::Input::pair ? parts[0] : line);
    if (input == predict::Input::pair) pairs.push_back(parts[1]);
  }
  if (texts.empty() && faults.empty()) faults.add({.what = "holds no texts", .where = file.string()});
  faults.raise<DataError>();
  return {.texts = {tokenized(texts, pairs, tokenizer, max_length)}, .origin = file.string()};
}

Probes own_probes(const data::Tokenizer& tokenizer, int64_t max_length) {
  return {.texts = {tokenized(kSentences, {}, tokenizer, max_length)}, .origin = "engram's own sentences"};
}

std::map<std::string, at::Tensor> probe_logits(const model::Model& model, const std::vector<model::Head>& heads,
                                               const Probes& probes) {
  const c10::InferenceMode inference;
  std::map<std::string, std::vector<at::Tensor>> parts;
  for (const data::Examples& set : probes.texts) {
    model::require_known_ids(set.tokens, model.view(), probes.origin);
    const auto rows = static_cast<size_t>(set.size());
    for (size_t begin = 0; begin < rows; begin += kBatch) {
      interrupt::check();
      std::vector<int64_t> batch;
      for (size_t i = begin; i < std::min(begin + kBatch, rows); ++i) batch.push_back(static_cast<int64_t>(i));
      const at::Tensor pooled_BH = model.pooled(data::pack(set, batch).to(model.device()), {});
      for (const model::Head& head : heads) {
        parts[head.task].push_back(at::linear(pooled_BH, head.weight, head.bias).to(at::kFloat).cpu());
      }
    }
  }
  std::map<std::string, at::Tensor> logits;
  for (const auto& [task, pieces] : parts) logits[task] = at::cat(pieces);
  return logits;
}

double largest_difference(const std::map<std::string, at::Tensor>& a, const std::map<std::string, at::Tensor>& b) {
  const c10::InferenceMode inference;
  double largest = 0;
  if (a.size() != b.size()) throw InternalError({.what = "the two forms have different heads"});
  for (const auto& [task, logits] : a) {
    const auto other = b.find(task);
    if (other == b.end() || other->second.sizes() != logits.sizes()) {
      throw InternalError({.what = "the two forms have different heads for the task '" + task + "'"});
    }
    const double difference = (logits - other->second).abs().max().item<double>();
    // A comparison with NaN is false: it must not pass for a small difference.
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

}  // namespace engram::run
