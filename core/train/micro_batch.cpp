#include "train/micro_batch.hpp"

#include "data/batch.hpp"
#include "train/loss.hpp"
#include "train/precision.hpp"

namespace engram::train {
namespace {

at::Tensor rows_of(const at::Tensor& tensor, int64_t begin, int64_t count) {
  return tensor.size(0) == count ? tensor : tensor.narrow(0, begin, count);
}

// New examples first, then those of each mix that brings any.
struct Part {
  data::Batch joined;
  data::Batch fresh;
  std::vector<std::pair<const data::Examples*, data::Batch>> mixed;
};

Part pack_part(const StepInput& step, std::span<const int64_t> rows, const std::vector<MixedRows>& mixed) {
  Part part;
  part.fresh = data::pack(step.examples, rows).to(step.model.device());
  std::vector<data::Batch> batches = {part.fresh};
  for (const MixedRows& entry : mixed) {
    if (entry.rows.empty()) continue;
    batches.push_back(data::pack(*entry.examples, entry.rows).to(step.model.device()));
    part.mixed.emplace_back(entry.examples, batches.back());
  }
  part.joined = data::join(batches);
  return part;
}

struct Forwarded {
  at::Tensor fresh_loss;  // sums of cross-entropies
  at::Tensor mixed_loss;  // undefined: no mixed examples
  Reading reading;        // of the new examples
};

model::Pass with_taps(const StepInput& step, const std::vector<int64_t>& fresh_offsets, Reading& reading) {
  model::Pass pass = step.pass;
  if (step.reads.taps.empty()) return pass;
  pass.on_tap = [&](const std::string& tap, const at::Tensor& hidden_TH) {
    if (step.reads.taps.contains(tap)) reading.taps[tap] = rows_of(hidden_TH, 0, fresh_offsets.back()).to(at::kFloat);
  };
  return pass;
}

Forwarded forward(const StepInput& step, const Part& part, const std::vector<int64_t>& fresh_offsets) {
  Forwarded forwarded;
  const PrecisionScope precision(step.model.device(), step.precision);
  const at::Tensor pooled_BH = step.model.pooled(part.joined, with_taps(step, fresh_offsets, forwarded.reading));
  const at::Tensor fresh_BH = rows_of(pooled_BH, 0, part.fresh.size());
  const std::string& task = step.examples.task;
  const at::Tensor logits_BC = step.model.head_logits(fresh_BH, task, step.pass);
  forwarded.fresh_loss = cross_entropy_sum(logits_BC, part.fresh.labels_B);
  for (const std::string& head : step.reads.heads) {
    const at::Tensor read = head == task ? logits_BC : step.model.head_logits(fresh_BH, head, step.pass);
    forwarded.reading.logits[head] = read.to(at::kFloat);
  }
  int64_t begin = part.fresh.size();
  for (const auto& [examples, batch] : part.mixed) {
    const at::Tensor mixed_BH = rows_of(pooled_BH, begin, batch.size());
    const at::Tensor loss =
        cross_entropy_sum(step.model.head_logits(mixed_BH, examples->task, step.pass), batch.labels_B);
    forwarded.mixed_loss = forwarded.mixed_loss.defined() ? forwarded.mixed_loss + loss : loss;
    begin += batch.size();
  }
  return forwarded;
}

}  // namespace

void run_micro_batch(const StepInput& step, std::span<const int64_t> rows, const std::vector<MixedRows>& mixed,
                     const at::Tensor& loss, std::map<std::string, at::Tensor>& terms) {
  const Part part = pack_part(step, rows, mixed);
  const Reading start = read_start(step.model, step.start, part.fresh, step.reads, step.precision);
  const std::vector<int64_t> offsets = step.model.tap_offsets(part.fresh, step.pass);
  const Forwarded forwarded = forward(step, part, offsets);

  const double weight = static_cast<double>(step.total) / step.new_share;
  at::Tensor objective =
      (forwarded.mixed_loss.defined() ? forwarded.fresh_loss + forwarded.mixed_loss : forwarded.fresh_loss) / weight;
  const at::Tensor extra = add_terms(step.terms, {part.fresh, offsets, forwarded.reading, start}, step.total, terms);
  if (extra.defined()) objective = objective + extra;
  step.strategies.backward(objective);
  loss.add_(forwarded.fresh_loss.detach() / step.total);
}

}  // namespace engram::train
