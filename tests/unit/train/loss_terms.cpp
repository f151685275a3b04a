// What a loss term sees of a micro-batch.
#include "train/loss_terms.hpp"

#include "engram/sdk/views.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"
#include "train/micro_batch.hpp"

using namespace engram;

namespace {

constexpr const char* kTap = "encoder.layer.0";
constexpr int64_t kPromptTokens = 3;

// The text's rows of every sequence: `tap` may have others before them.
at::Tensor text_rows(const at::Tensor& tap, const std::vector<int64_t>& offsets, const std::vector<int64_t>& text) {
  std::vector<at::Tensor> rows;
  for (size_t b = 0; b + 1 < offsets.size(); ++b) {
    const int64_t count = text[b + 1] - text[b];
    rows.push_back(tap.narrow(0, offsets[b + 1] - count, count));
  }
  return at::cat(rows);
}

}  // namespace

TEST_CASE("beside a prompt, offsets and start_offsets tell which rows of a tap are the text's") {
  tests::TinyRun run = tests::tiny_run(std::vector<recipe::StrategyEntry>{}, at::kCPU);
  const data::Batch batch = data::pack(run.examples, std::vector<int64_t>{0, 1, 2});
  at::Tensor untouched;
  run.model->encode(batch, {.adapters = false, .on_tap = [&](const std::string& name, const at::Tensor& hidden_TH) {
                              if (name == kTap) untouched = hidden_TH;
                            }});
  const at::Tensor prompt = at::ones({kPromptTokens, run.model->view().hidden}).requires_grad_();
  run.model->attach_prompt({kPromptTokens, [&] { return prompt; }});

  bool seen = false;
  strategy::BoundLossTerm term{.name = "term.closeness", .schedulable = "term.weight", .weight = 1};
  term.claim.taps = {kTap};
  term.claim.start = true;
  term.claim.loss = [&](const sdk::LossView& view) {
    seen = true;
    CHECK(view.start_offsets() == batch.offsets);
    for (size_t b = 0; b < batch.offsets.size(); ++b) {
      CHECK(view.offsets()[b] == batch.offsets[b] + static_cast<int64_t>(b) * kPromptTokens);
    }
    CHECK(view.tap(kTap).size(0) == view.offsets().back());
    CHECK(at::equal(view.start_tap(kTap), untouched));
    const at::Tensor text = text_rows(view.tap(kTap), view.offsets(), view.start_offsets());
    return (text - view.start_tap(kTap)).square().sum();
  };

  const strategy::StartWeights start(*run.model, {});
  train::StepInput input{.model = *run.model, .start = start, .strategies = run.strategies, .examples = run.examples};
  input.terms = {{&term, 1}};
  input.reads = train::reads_of(input.terms);
  input.total = 3;
  const at::Tensor loss = at::zeros({});
  std::map<std::string, at::Tensor> values;
  train::run_micro_batch(input, batch.rows, {}, loss, values);
  CHECK(seen);
  CHECK(values.at("term.closeness").item<double>() > 0);
  CHECK(prompt.grad().norm().item<double>() > 0);
}
