// Which sequences go through the model together.
#include "predict/batches.hpp"

#include <algorithm>

#include "support/catch.hpp"

using engram::predict::batches;

namespace {

using Batches = std::vector<std::vector<int64_t>>;

std::vector<int64_t> offsets(const std::vector<int64_t>& lengths) {
  std::vector<int64_t> borders = {0};
  for (const int64_t length : lengths) borders.push_back(borders.back() + length);
  return borders;
}

}  // namespace

TEST_CASE("a batch holds sequences of similar length, as many as the tokens allow") {
  CHECK(batches(offsets({9, 3, 4, 9, 3}), {.tokens = 10}) == Batches{{1, 4, 2}, {0}, {3}});
}

TEST_CASE("a sequence longer than a batch is a batch of its own") {
  CHECK(batches(offsets({30, 2, 40}), {.tokens = 10}) == Batches{{1}, {0}, {2}});
}

TEST_CASE("a number of rows stands in place of tokens") {
  CHECK(batches(offsets({5, 500, 6, 7, 8}), {.tokens = 10, .rows = 2}) == Batches{{0, 2}, {3, 4}, {1}});
}

TEST_CASE("no sequences make no batches") { CHECK(batches({0}, {}).empty()); }
