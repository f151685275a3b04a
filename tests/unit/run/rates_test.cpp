// The table of rates that a plan shows.
#include "run/rates.hpp"

#include "planned.hpp"
#include "support/catch.hpp"

using namespace engram;

namespace {

const std::string kRest =
    "  train = { epochs = 4, batch_size = 16, learning_rate = 1e-4, weight_decay = 0.01, max_length = 24 },\n"
    "  schedule = function(s) return { lr = 1 - s.step / s.steps } end,\n"
    "  score = function(m) return m.new.accuracy + m.original.accuracy end,\n";

}  // namespace

TEST_CASE("each optimizer group has its rate at every step shown") {
  const tests::Planned planned;
  run::Preparation prepared = planned.prepare("  strategies = { { \"discriminative_lr\", decay = 0.5 } },\n" + kRest);
  const run::RateTable table = run::rate_table(prepared);
  REQUIRE(prepared.steps.total == 16);  // 61 rows are four batches
  CHECK(table.steps == std::vector<int64_t>{0, 1, 3, 7, 11, 15});
  // Embeddings at 1/8, two blocks at 1/4 and 1/2, pooler and head at 1, each with and without weight decay.
  REQUIRE(table.groups.size() == 8);
  int64_t parameters = 0;
  for (const run::RateRow& group : table.groups) {
    parameters += group.parameters;
    for (size_t i = 0; i < table.steps.size(); ++i) {
      REQUIRE(group.rates[i]);
      const double factor = 1 - static_cast<double>(table.steps[i]) / 16;
      CHECK(std::abs(*group.rates[i] - 1e-4 * factor * group.rate_scale) < 1e-18);
    }
  }
  CHECK(parameters == prepared.resolution.trainable_count());
}

TEST_CASE("a group that starts later has no rate before") {
  const tests::Planned planned;
  run::Preparation prepared = planned.prepare(
      "  strategies = { { \"freezing\", every_steps = 3 }, { \"discriminative_lr\", decay = 0.5 } },\n" + kRest);
  const run::RateTable table = run::rate_table(prepared);
  bool later = false;
  for (const run::RateRow& group : table.groups) {
    if (group.rates[0]) continue;
    later = true;
    CHECK(group.rates.back());
    CHECK(group.parameters > 0);
  }
  CHECK(later);
}

TEST_CASE("steps are spread from the first to the last, each once") {
  CHECK(run::spread_steps({.per_epoch = 5, .total = 11}, 3) == std::vector<int64_t>{0, 5, 10});
  CHECK(run::spread_steps({.per_epoch = 5, .total = 2}, 200) == std::vector<int64_t>{0, 1});
  CHECK(run::spread_steps({.per_epoch = 1, .total = 1}, 200) == std::vector<int64_t>{0});
}
