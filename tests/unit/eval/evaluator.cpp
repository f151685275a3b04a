#include "eval/evaluator.hpp"

#include "eval/not_finite_scores.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/errors.hpp"
#include "base/interrupt.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

using namespace engram;
using namespace engram::tests;

TEST_CASE("scores do not depend on the evaluation batch size") {
  for (const at::Device device : devices()) {
    const TinyRun run = tiny_run("full", device);
    const eval::SetScores expected = eval::evaluate(*run.model, run.examples, {.batch_size = 36});
    for (const int64_t size : {1, 2, 3, 8}) {
      const eval::SetScores scores = eval::evaluate(*run.model, run.examples, {.batch_size = size});
      CHECK(scores.predictions == expected.predictions);
      CHECK(scores.metrics.at("loss") == Approx(expected.metrics.at("loss")).epsilon(1e-6));
    }
  }
}

TEST_CASE("the loss of the golden's first batch is transformers' before the first step") {
  const TinyRun run = tiny_run("full", at::kCPU);
  const eval::SetScores scores = eval::evaluate(*run.model, run.examples, {});
  double sum = 0;
  const Json& rows = golden_losses().at("rows_of_step")[0];
  for (const Json& row : rows) sum += scores.losses[row.get<size_t>()];
  CHECK(sum / static_cast<double>(rows.size()) ==
        Approx(golden_losses().at("full").at("losses")[0].get<double>()).epsilon(1e-5));
}

TEST_CASE("losses that are not finite are an error that names set, rows and cause") {
  TinyRun run = tiny_run("full", at::kCPU);
  run.examples.tokens.ids[0] = 2;
  run.model->parameter("embeddings.word_embeddings.weight")[2].fill_(3e38);  // finite, and its layer norm is not
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < run.examples.size(); ++row) {
    const auto begin = run.examples.tokens.ids.begin();
    const auto from = begin + run.examples.tokens.offsets[row], to = begin + run.examples.tokens.offsets[row + 1];
    if (std::find(from, to, 2) != to) rows.push_back(row);
  }
  try {
    eval::evaluate(*run.model, run.examples, {.batch_size = 5});
    FAIL("the scores were taken for finite");
  } catch (const eval::NotFiniteScores& error) {
    CHECK(error.found().rows == rows);
    CHECK(error.found().set == "train");
    CHECK(error.found().layer == "embeddings.LayerNorm");
    CHECK(error.exit_code() == ExitCode::resources);
  }
  run.model->parameter("heads.wind.bias")[0] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(
      eval::evaluate(*run.model, run.examples, {}),
      Catch::Contains("the loss of 36 of the 36 rows of the set 'train' is not a finite number (row 1, 2, "
                      "3,") &&
          Catch::Contains("and 24 more); weights are not finite: heads.wind.bias. Fix: "));
}

TEST_CASE("an untouched model has not drifted, a changed one has") {
  TinyRun run = tiny_run("full", at::kCPU);
  model::Head readout = *run.model->find_head("wind");
  readout.weight = readout.weight.clone();
  readout.bias = readout.bias.clone();
  const eval::Behaviour before = eval::observe(*run.model, run.examples, readout, {.batch_size = 5});
  const auto same = eval::drift_metrics(before, eval::observe(*run.model, run.examples, readout, {.batch_size = 7}));
  CHECK(same.at("drift") == Approx(0).margin(1e-6));
  CHECK(same.at("kl") == Approx(0).margin(1e-6));
  run.losses("full");
  const auto changed = eval::drift_metrics(before, eval::observe(*run.model, run.examples, readout, {}));
  CHECK(changed.at("drift") > 1e-3);
  CHECK(changed.at("kl") > 1e-3);
}

TEST_CASE("evaluation stops at a signal") {
  const TinyRun run = tiny_run("full", at::kCPU);
  interrupt::request();
  CHECK_THROWS_AS(eval::evaluate(*run.model, run.examples, {}), interrupt::Interrupted);
  interrupt::clear();
}

TEST_CASE("probabilities are kept when asked for: their rows add up to one, and the largest is the prediction") {
  for (const at::Device device : devices()) {
    const TinyRun run = tiny_run("full", device);
    CHECK(eval::evaluate(*run.model, run.examples, {}).probabilities.empty());
    const eval::SetScores scores = eval::evaluate(*run.model, run.examples, {.batch_size = 5, .probabilities = true});
    const size_t classes = run.model->find_head("wind")->labels.size();
    REQUIRE(scores.probabilities.size() == scores.predictions.size() * classes);
    for (size_t row = 0; row < scores.predictions.size(); ++row) {
      const float* p = &scores.probabilities[row * classes];
      CHECK(std::accumulate(p, p + classes, 0.0) == Approx(1).epsilon(1e-6));
      CHECK(std::max_element(p, p + classes) - p == scores.predictions[row]);
      // The loss is the negative logarithm of the label's.
      CHECK(-std::log(p[run.examples.labels[row]]) == Approx(scores.losses[row]).epsilon(1e-4));
    }
  }
}
