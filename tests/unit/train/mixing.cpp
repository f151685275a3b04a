// Which rows are mixed in: exact counts, whole cycles, nothing but a function of the step.
#include "train/mixing.hpp"

#include <set>

#include "support/catch.hpp"

using namespace engram;

namespace {

using Rows = std::vector<int64_t>;

data::Examples examples(int64_t size) {
  data::Examples made{.name = "old", .task = "topic"};
  for (int64_t row = 0; row < size; ++row) {
    made.tokens.ids.push_back(1);
    made.tokens.type_ids.push_back(0);
    made.tokens.offsets.push_back(row + 1);
    made.labels.push_back(0);
  }
  return made;
}

std::vector<strategy::Owned<sdk::Mix>> mixes(double share, int64_t rows = 0) {
  return {{"replay", {.data = "old", .share = share, .rows = rows}}};
}

}  // namespace

TEST_CASE("the share of mixed rows is exact over any number of steps") {
  const data::Examples old = examples(17);
  for (const double share : {0.01, 0.1, 0.25, 0.5, 0.9}) {
    const train::Mixing mixing(mixes(share), {{"old", &old}}, 3);
    CHECK(mixing.new_share() == Approx(1 - share));
    int64_t mixed = 0;
    for (int64_t step = 0; step < 300; ++step) {
      mixed += train::count_rows(mixing.rows(step * 8, (step + 1) * 8));
      const double due = share / (1 - share) * 8 * static_cast<double>(step + 1);
      CHECK(mixed == static_cast<int64_t>(due + 1e-6));
    }
    const double total = static_cast<double>(mixed) + 2400;
    CHECK(static_cast<double>(mixed) / total == Approx(share).margin(1 / total));
  }
}

TEST_CASE("a count that is whole in decimal fractions is not lost to rounding") {
  const data::Examples old = examples(5);
  const train::Mixing mixing(mixes(0.1), {{"old", &old}}, 3);
  // 0.1 / 0.9 of 9 is 1.
  for (int64_t step = 0; step < 1000; ++step) CHECK(train::count_rows(mixing.rows(step * 9, step * 9 + 9)) == 1);
}

TEST_CASE("rows come in cycles through the pool, each in an order of its own") {
  const data::Examples old = examples(40);
  const train::Mixing mixing(mixes(0.5, 10), {{"old", &old}}, 3);
  std::vector<Rows> cycles;
  for (int64_t cycle = 0; cycle < 3; ++cycle) {
    cycles.push_back(mixing.rows(cycle * 10, cycle * 10 + 10)[0].rows);
    CHECK(std::set<int64_t>(cycles.back().begin(), cycles.back().end()).size() == 10);
  }
  CHECK(std::set<int64_t>(cycles[0].begin(), cycles[0].end()) == std::set<int64_t>(cycles[1].begin(), cycles[1].end()));
  CHECK(cycles[0] != cycles[1]);
  CHECK(cycles[1] != cycles[2]);
}

TEST_CASE("the rows of a step do not depend on the steps that were asked before, nor on how they are cut") {
  const data::Examples old = examples(7);
  const train::Mixing mixing(mixes(0.5), {{"old", &old}}, 3);
  const Rows whole = mixing.rows(0, 30)[0].rows;
  Rows joined;
  for (const auto& [before, after] : std::vector<std::pair<int64_t, int64_t>>{{0, 4}, {4, 5}, {5, 21}, {21, 30}}) {
    const Rows part = train::Mixing(mixes(0.5), {{"old", &old}}, 3).rows(before, after)[0].rows;
    joined.insert(joined.end(), part.begin(), part.end());
  }
  CHECK(joined == whole);
  CHECK(train::Mixing(mixes(0.5), {{"old", &old}}, 4).rows(0, 30)[0].rows != whole);
}

TEST_CASE("shares of several mixes add, each with its own part") {
  const data::Examples old = examples(9), older = examples(11);
  std::vector<strategy::Owned<sdk::Mix>> both = mixes(0.2);
  both.push_back({"more", {.data = "older", .share = 0.3, .rows = 0}});
  const train::Mixing mixing(both, {{"old", &old}, {"older", &older}}, 3);
  CHECK(mixing.new_share() == Approx(0.5));
  const std::vector<train::MixedRows> mixed = mixing.rows(0, 50);
  CHECK(mixed[0].rows.size() == 20);
  CHECK(mixed[1].rows.size() == 30);
  CHECK(mixed[1].examples == &older);
}

TEST_CASE("micro-batches share mixed rows evenly, every row in one of them") {
  const data::Examples old = examples(9);
  const std::vector<train::MixedRows> mixed = {{&old, {5, 3, 8, 1, 2, 7, 4}}};
  Rows joined;
  for (int64_t part = 0; part < 3; ++part) {
    const Rows own = train::part_of(mixed, part, 3)[0].rows;
    CHECK((own.size() == 2 || own.size() == 3));
    joined.insert(joined.end(), own.begin(), own.end());
  }
  CHECK(joined == mixed[0].rows);
}

TEST_CASE("a mix whose data never reached the trainer is a fault of the program") {
  CHECK_THROWS_WITH(train::Mixing(mixes(0.5), {}, 3), "the data set 'old' of a mix did not reach the trainer");
}
