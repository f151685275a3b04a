// Curves whose crossing is known by construction.
#include "eval/retention.hpp"

#include "support/catch.hpp"

using namespace engram;

namespace {

// Evaluations every ten steps, ten steps an epoch, on one new and one original set.
recipe::History history_of(const std::vector<double>& new_scores, const std::vector<double>& original_scores) {
  recipe::History history{
      .baseline = {{"new", {{"accuracy", new_scores[0]}}}, {"original", {{"accuracy", original_scores[0]}}}}};
  for (size_t i = 0; i < new_scores.size(); ++i) {
    history.evaluations.push_back(
        {.step = static_cast<int64_t>(10 * i),
         .epoch = static_cast<double>(i),
         .metrics = {{"new", {{"accuracy", new_scores[i]}}}, {"original", {{"accuracy", original_scores[i]}}}}});
  }
  return history;
}

const std::vector<eval::TrackedSet> kNew = {{.name = "new", .floor = 0.5}};
const std::vector<eval::TrackedSet> kOriginal = {{.name = "original", .floor = 0.2}};

}  // namespace

TEST_CASE("retained and gained shares follow their definitions") {
  CHECK(eval::drop(0.9, 0.83) == Approx(0.07));
  CHECK(*eval::retained(1.0, 0.8, 0.2) == Approx(0.75));
  CHECK(*eval::retained(0.9, 0.95, 0.2) > 1);
  CHECK(eval::gain(0.75, 0.5, 1) == Approx(0.5));
}

TEST_CASE("a model that was no better than its floor has nothing to retain") {
  CHECK_FALSE(eval::retained(0.2, 0.1, 0.2).has_value());
  CHECK_FALSE(eval::find_crossover(history_of({0.5, 0.9}, {0.2, 0.1}), kNew, kOriginal).level.has_value());
}

TEST_CASE("the level crossover is interpolated between two evaluations") {
  // Gained: 0, 0.5, 0.9. Retained: 1, 0.9, 0.5. Ahead: 1, 0.4, -0.4: zero half-way between steps 10 and 20.
  const auto crossover = eval::find_crossover(history_of({0.5, 0.75, 0.95}, {1.0, 0.92, 0.6}), kNew, kOriginal);
  REQUIRE(crossover.level);
  CHECK(crossover.level->step == Approx(15));
  CHECK(crossover.level->epoch == Approx(1.5));
}

TEST_CASE("the marginal crossover is where losing overtakes learning") {
  // Worth of each interval: learnt 0.5 - lost 0.1 = 0.4, then 0.1 - 0.5 = -0.4: zero half-way again.
  const auto crossover = eval::find_crossover(history_of({0.5, 0.75, 0.8}, {1.0, 0.92, 0.52}), kNew, kOriginal);
  REQUIRE(crossover.marginal);
  CHECK(crossover.marginal->step == Approx(15));
}

TEST_CASE("no crossover is seen where nothing is lost") {
  const auto crossover = eval::find_crossover(history_of({0.5, 0.7, 0.8}, {1.0, 1.0, 1.0}), kNew, kOriginal);
  CHECK_FALSE(crossover.level.has_value());
  CHECK_FALSE(crossover.marginal.has_value());
}

TEST_CASE("a loss of one row is no crossover, and one of two rows is") {
  // Of 100 rows: one lost between steps 10 and 20, while nothing more is learnt.
  std::vector<eval::TrackedSet> original = kOriginal;
  original.front().rows = 100;
  const auto one = eval::find_crossover(history_of({0.5, 0.75, 0.75}, {0.9, 0.9, 0.89}), kNew, original);
  CHECK_FALSE(one.marginal.has_value());
  const auto two = eval::find_crossover(history_of({0.5, 0.75, 0.75}, {0.9, 0.9, 0.88}), kNew, original);
  REQUIRE(two.marginal);
  CHECK(two.marginal->step > 10);
}

TEST_CASE("a set that has more than it began with crosses nothing while it comes down to that") {
  const auto back = eval::find_crossover(history_of({0.5, 0.6, 0.6}, {0.8, 0.9, 0.8}), kNew, kOriginal);
  CHECK_FALSE(back.marginal.has_value());
}

TEST_CASE("where everything is learnt and nothing lost, the shares do not cross") {
  CHECK_FALSE(eval::find_crossover(history_of({0.5, 0.8, 1.0}, {0.9, 0.9, 0.9}), kNew, kOriginal).level.has_value());
}
