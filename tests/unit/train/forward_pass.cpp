// Plain passes: what visitors see, and the choice of rows.
#include "engram/sdk/error.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"
#include "train/passes.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

using Rows = std::vector<int64_t>;

}  // namespace

TEST_CASE("a choice of rows is ascending, repeats with its seed, and is everything when nothing is left out") {
  const Rows some = train::choose_rows(1000, 50, 4);
  CHECK(some.size() == 50);
  CHECK(std::is_sorted(some.begin(), some.end()));
  CHECK(std::adjacent_find(some.begin(), some.end()) == some.end());
  CHECK(some == train::choose_rows(1000, 50, 4));
  CHECK(some != train::choose_rows(1000, 50, 5));
  CHECK(some.back() > 500);
  for (const int64_t samples : {0, 4, 9}) CHECK(train::choose_rows(4, samples, 1) == Rows{0, 1, 2, 3});
}

TEST_CASE("a forward pass shows every batch, in order, with what the claim named") {
  for (const at::Device device : devices()) {
    TinyRun run = tiny_run("full", device);
    run.model->set_dropout(0.5);  // has no effect: passes are evaluation
    const std::string last = "encoder.layer.1.intermediate.dense";
    const Rows rows = {3, 1, 4, 1, 5};
    Rows sizes, labels;
    std::vector<at::Tensor> logits;
    const sdk::Forward request{
        .taps = {"encoder.layer.0"}, .inputs = {last}, .visit = [&](const sdk::ForwardView& view) {
          sizes.push_back(static_cast<int64_t>(view.labels().size()));
          labels.insert(labels.end(), view.labels().begin(), view.labels().end());
          logits.push_back(view.logits());
          const int64_t tokens = view.offsets().back();
          CHECK(view.tap("encoder.layer.0").sizes() == at::IntArrayRef({tokens, 32}));
          CHECK(view.input(last).sizes() == at::IntArrayRef({tokens, 32}));
          CHECK_FALSE(view.logits().requires_grad());
          CHECK(view.parameter("pooler.dense.bias").sizes() == at::IntArrayRef({32}));
        }};
    train::forward_pass(*run.model, run.examples, rows, request, 2, false);
    CHECK(sizes == Rows{2, 2, 1});
    for (size_t i = 0; i < rows.size(); ++i) CHECK(labels[i] == run.examples.labels[static_cast<size_t>(rows[i])]);
    const at::Tensor expected =
        run.model->logits(data::pack(run.examples, rows).to(device), run.examples.task, {}).detach();
    CHECK((at::cat(logits) - expected).abs().max().item<double>() < 1e-5);
  }
}

TEST_CASE("a forward pass shows nothing that the claim did not name") {
  const TinyRun run = tiny_run("full", at::kCPU);
  const auto reading = [&](const std::function<void(const sdk::ForwardView&)>& read) {
    train::forward_pass(*run.model, run.examples, {0}, {.taps = {"embeddings"}, .inputs = {}, .visit = read}, 1, false);
  };
  CHECK_THROWS_WITH(reading([](const auto& view) { view.tap("encoder.layer.0"); }),
                    "the pass did not claim to read the tap 'encoder.layer.0'");
  CHECK_THROWS_WITH(reading([](const auto& view) { view.input("pooler.dense"); }),
                    "the pass did not claim to read the linear site 'pooler.dense'");
  CHECK_THROWS_WITH(
      reading([](const auto& view) { view.parameter("pooler.dense.bia"); }),
      "the model has no parameter 'pooler.dense.bia'; did you mean 'pooler.dense.bias' or 'pooler.dense.weight'?");
}
