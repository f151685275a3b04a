// Plain forward passes, and the choice of rows that passes and mixes share.
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <numeric>

#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "data/batch.hpp"
#include "engram/sdk/error.hpp"
#include "train/passes.hpp"

namespace engram::train {
namespace {

class BatchView final : public sdk::ForwardView {
 public:
  BatchView(const model::Model& model, const data::Batch& batch, const model::Pass& pass)
      : model_(model), offsets_(model.tap_offsets(batch, pass)) {
    const int64_t* labels = batch.labels_B.const_data_ptr<int64_t>();
    labels_.assign(labels, labels + batch.size());
  }
  at::Tensor logits() const override { return logits_BC; }
  at::Tensor tap(const std::string& name) const override { return named(taps, name, "tap"); }
  at::Tensor input(const std::string& site) const override { return named(inputs, site, "linear site"); }
  const std::vector<int64_t>& offsets() const override { return offsets_; }
  const std::vector<int64_t>& labels() const override { return labels_; }
  at::Tensor parameter(const std::string& name) const override {
    std::vector<std::string> known;
    for (const sdk::Parameter& parameter : model_.view().parameters) known.push_back(parameter.name);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw sdk::Error("the model has no parameter '" + name + "'" + text::did_you_mean(name, known));
    }
    return model_.parameter(name).detach();
  }

  at::Tensor logits_BC;
  std::map<std::string, at::Tensor> taps;
  std::map<std::string, at::Tensor> inputs;

 private:
  static at::Tensor named(const std::map<std::string, at::Tensor>& map, const std::string& name,
                          const std::string& kind) {
    if (const auto found = map.find(name); found != map.end()) return found->second;
    throw sdk::Error("the pass did not claim to read the " + kind + " '" + name + "'");
  }

  const model::Model& model_;
  std::vector<int64_t> offsets_;
  std::vector<int64_t> labels_;
};

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void visit(const model::Model& model, const std::string& task, const data::Batch& host_batch,
           const sdk::Forward& request, bool adapters) {
  model::Pass pass{.adapters = adapters};
  BatchView view(model, host_batch, pass);
  // The last block computes every token only where a tap wants them, and inputs are promised for every token.
  if (!request.taps.empty() || !request.inputs.empty()) {
    pass.on_tap = [&](const std::string& tap, const at::Tensor& hidden_TH) {
      if (holds(request.taps, tap)) view.taps[tap] = hidden_TH.detach();
    };
  }
  if (!request.inputs.empty()) {
    pass.on_record = [&](const model::Recorded& record) {
      if (record.kind == model::Recorded::Kind::linear && holds(request.inputs, record.name)) {
        view.inputs[record.name] = record.input.detach();
      }
    };
  }
  view.logits_BC = model.logits(host_batch.to(model.device()), task, pass);
  request.visit(view);
}

}  // namespace

std::vector<int64_t> choose_rows(int64_t available, int64_t samples, uint64_t seed) {
  if (samples == 0 || samples >= available) {
    std::vector<int64_t> all(static_cast<size_t>(available));
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  std::vector<int64_t> rows = data::epoch_order(available, seed, 0);
  rows.resize(static_cast<size_t>(samples));
  std::sort(rows.begin(), rows.end());
  return rows;
}

void forward_pass(const model::Model& model, const data::Examples& examples, const std::vector<int64_t>& rows,
                  const sdk::Forward& request, int64_t batch_size, bool adapters) {
  const at::NoGradGuard no_grad;
  for (size_t begin = 0; begin < rows.size(); begin += static_cast<size_t>(batch_size)) {
    interrupt::check();
    const size_t count = std::min(static_cast<size_t>(batch_size), rows.size() - begin);
    visit(model, examples.task, data::pack(examples, std::span(rows).subspan(begin, count)), request, adapters);
  }
}

}  // namespace engram::train
