#include "train/not_finite.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>
#include <span>

#include "data/batch.hpp"
#include "train/precision.hpp"

namespace engram::train {
namespace {

// Watches the operations of one pass, in their order, until one gives a value that is not finite.
class Lookout {
 public:
  Lookout(const data::Batch& batch, std::vector<int64_t> offsets) : batch_(batch), offsets_(std::move(offsets)) {}

  void see(const std::string& layer, const at::Tensor& output) {
    if (!rows_.empty()) return;
    ++passed_;
    const at::Tensor bad_N = at::logical_not(at::isfinite(output)).flatten(1).any(1).cpu();
    const bool* bad = bad_N.const_data_ptr<bool>();
    const bool by_token = bad_N.size(0) == offsets_.back();
    for (size_t b = 0; b < batch_.rows.size(); ++b) {
      const auto begin = by_token ? offsets_[b] : static_cast<int64_t>(b);
      const auto end = by_token ? offsets_[b + 1] : begin + 1;
      if (std::any_of(bad + begin, bad + end, [](const bool value) { return value; })) rows_.push_back(batch_.rows[b]);
    }
    if (!rows_.empty()) layer_ = layer;
  }

  size_t passed() const { return passed_; }  // operations seen until then, the faulty one included
  const std::string& layer() const { return layer_; }
  const std::vector<int64_t>& rows() const { return rows_; }

 private:
  const data::Batch& batch_;
  std::vector<int64_t> offsets_;
  size_t passed_ = 0;
  std::string layer_;
  std::vector<int64_t> rows_;
};

std::string layer_of(const model::Recorded& record) {
  return record.kind == model::Recorded::Kind::embedding ? record.name.substr(0, record.name.rfind('.')) : record.name;
}

}  // namespace

std::optional<ForwardFault> first_not_finite(const model::Model& model, const data::Examples& examples,
                                             const std::vector<int64_t>& rows, int64_t batch_size,
                                             recipe::Precision precision, bool adapters) {
  const at::NoGradGuard no_grad;
  std::optional<ForwardFault> first;
  size_t first_place = std::numeric_limits<size_t>::max();
  for (size_t begin = 0; begin < rows.size(); begin += static_cast<size_t>(batch_size)) {
    const size_t count = std::min(static_cast<size_t>(batch_size), rows.size() - begin);
    const data::Batch batch = data::pack(examples, std::span(rows).subspan(begin, count)).to(model.device());
    model::Pass pass{.adapters = adapters};
    Lookout lookout(batch, model.tap_offsets(batch, pass));
    // A tap makes the last block compute every token; what a record shows is then of tokens, but for the pooler's.
    pass.on_tap = [](const std::string&, const at::Tensor&) {};
    pass.on_record = [&](const model::Recorded& record) { lookout.see(layer_of(record), record.output); };
    const PrecisionScope scope(model.device(), precision);
    lookout.see("heads." + examples.task, model.logits(batch, examples.task, pass));
    if (lookout.rows().empty()) continue;
    if (!first) first.emplace();
    first->rows.insert(first->rows.end(), lookout.rows().begin(), lookout.rows().end());
    if (lookout.passed() < first_place) first->layer = lookout.layer();
    first_place = std::min(first_place, lookout.passed());
  }
  if (first) std::sort(first->rows.begin(), first->rows.end());
  return first;
}

std::vector<std::string> not_finite(const std::vector<model::NamedTensor>& tensors) {
  std::vector<std::string> names;
  for (const model::NamedTensor& entry : tensors) {
    if (!at::isfinite(entry.tensor).all().item<bool>()) names.push_back(entry.name);
  }
  return names;
}

}  // namespace engram::train
