#include "train/probe.hpp"

#include <ATen/core/grad_mode.h>

#include <numeric>

#include "base/interrupt.hpp"
#include "data/batch.hpp"
#include "train/adamw.hpp"
#include "train/loss.hpp"

namespace engram::train {
namespace {

constexpr int kIterations = 300;
constexpr double kRate = 0.02;
constexpr double kL2 = 1e-4;

at::Tensor pooled_vectors(const model::Model& model, const data::Examples& examples, int64_t batch_size) {
  const at::NoGradGuard no_grad;
  std::vector<int64_t> rows(static_cast<size_t>(examples.size()));
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<at::Tensor> parts;
  for (size_t begin = 0; begin < rows.size(); begin += static_cast<size_t>(batch_size)) {
    interrupt::check();
    const size_t count = std::min(static_cast<size_t>(batch_size), rows.size() - begin);
    const data::Batch batch = data::pack(examples, std::span(rows).subspan(begin, count)).to(model.device());
    parts.push_back(model.pooled(batch, {.adapters = false}));
  }
  return at::cat(parts);
}

}  // namespace

model::Head fit_probe(const model::Model& model, const data::Examples& examples, std::vector<std::string> labels,
                      int64_t batch_size) {
  const at::Tensor pooled_NH = pooled_vectors(model, examples, batch_size);
  const at::Tensor labels_N = at::tensor(examples.labels, at::kLong).to(model.device());
  const auto classes = static_cast<int64_t>(labels.size());
  at::Tensor weight = at::zeros({classes, pooled_NH.size(1)}, pooled_NH.options()).set_requires_grad(true);
  at::Tensor bias = at::zeros({classes}, pooled_NH.options()).set_requires_grad(true);

  AdamW optimizer({});
  const std::vector<ParameterGroup> groups = {{.tensors = {{"weight", weight}, {"bias", bias}}}};
  const at::Tensor never_inf = at::zeros({}, pooled_NH.options());
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    interrupt::check();
    weight.mutable_grad() = at::Tensor();
    bias.mutable_grad() = at::Tensor();
    const at::Tensor logits_NC = at::linear(pooled_NH, weight, bias);
    const at::Tensor loss = cross_entropy_sum(logits_NC, labels_N) / examples.size() + kL2 * weight.square().sum();
    loss.backward();
    optimizer.step(groups, kRate * (1 - static_cast<double>(iteration) / kIterations), never_inf);
  }
  return {.task = examples.task, .labels = std::move(labels), .weight = weight.detach(), .bias = bias.detach()};
}

}  // namespace engram::train
