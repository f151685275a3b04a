#include "advisor/detectable_drop.hpp"

#include "base/files.hpp"
#include "base/json.hpp"
#include "support/catch.hpp"

using namespace engram;

TEST_CASE("the smallest detectable drop is that of the golden table") {
  const Json table = read_json(std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden/detectable_drop.json");
  for (const Json& row : table) {
    INFO("rows " << row[0]);
    CHECK(std::abs(advisor::detectable_drop(row[0].get<int64_t>()) - row[1].get<double>()) < 2e-6);
  }
}

TEST_CASE("the rows that a drop needs are the fewest that show it") {
  for (const double drop : {0.005, 0.01, 0.03, 0.2}) {
    const int64_t rows = advisor::rows_to_detect(drop);
    INFO("drop " << drop << ", rows " << rows);
    CHECK(advisor::detectable_drop(rows) <= drop * (1 + 1e-9));
    CHECK(advisor::detectable_drop(rows - 1) > drop);
  }
}

TEST_CASE("on a handful of rows no drop can be told from chance") {
  CHECK(advisor::detectable_drop(1) == 1);
  CHECK(advisor::detectable_drop(3) == 1);
}
