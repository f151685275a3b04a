#include "data/batch.hpp"

#include <algorithm>
#include <numeric>

#include "base/json.hpp"
#include "support/catch.hpp"

namespace engram::data {
namespace {

Examples three_examples() {
  Examples examples;
  examples.tokens = {
      .ids = {101, 7, 102, 101, 102, 101, 8, 9, 102}, .type_ids = {0, 0, 0, 0, 0, 0, 0, 1, 1}, .offsets = {0, 3, 5, 9}};
  examples.labels = {2, -1, 0};
  return examples;
}

std::vector<int64_t> values(const at::Tensor& tensor) {
  const int64_t* first = tensor.const_data_ptr<int64_t>();
  return {first, first + tensor.numel()};
}

using Values = std::vector<int64_t>;

}  // namespace

TEST_CASE("a batch holds its sequences end to end, in the order asked for", "[data]") {
  const Examples examples = three_examples();
  const Values rows = {2, 0};
  const Batch batch = pack(examples, rows);
  CHECK(values(batch.input_ids_T) == Values{101, 8, 9, 102, 101, 7, 102});
  CHECK(values(batch.token_type_ids_T) == Values{0, 0, 1, 1, 0, 0, 0});
  CHECK(values(batch.position_ids_T) == Values{0, 1, 2, 3, 0, 1, 2});
  CHECK(values(batch.labels_B) == Values{0, 2});
  CHECK(batch.offsets == Values{0, 4, 7});
  CHECK(batch.rows == rows);
  CHECK(batch.size() == 2);
  CHECK(batch.tokens() == 7);
  CHECK(batch.longest() == 4);
}

TEST_CASE("an example without a label packs as -1", "[data]") {
  CHECK(values(pack(three_examples(), Values{1}).labels_B) == Values{-1});
}

TEST_CASE("a batch of no rows is empty", "[data]") {
  const Batch batch = pack(three_examples(), {});
  CHECK(batch.size() == 0);
  CHECK(batch.tokens() == 0);
  CHECK(batch.longest() == 0);
}

TEST_CASE("joined batches hold one's sequences after the other's", "[data]") {
  const Examples examples = three_examples();
  const Batch joined = join({pack(examples, Values{2, 0}), pack(examples, Values{1})});
  const Batch whole = pack(examples, Values{2, 0, 1});
  CHECK(at::equal(joined.input_ids_T, whole.input_ids_T));
  CHECK(at::equal(joined.token_type_ids_T, whole.token_type_ids_T));
  CHECK(at::equal(joined.position_ids_T, whole.position_ids_T));
  CHECK(at::equal(joined.labels_B, whole.labels_B));
  CHECK(joined.offsets == whole.offsets);
  CHECK(joined.rows == whole.rows);
}

TEST_CASE("a batch moved to a device keeps its values and borders", "[data]") {
  const Batch batch = pack(three_examples(), Values{0, 1});
  const Batch moved = batch.to(at::kCPU);
  CHECK(at::equal(moved.input_ids_T, batch.input_ids_T));
  CHECK(at::equal(moved.labels_B, batch.labels_B));
  CHECK(moved.offsets == batch.offsets);
  CHECK(moved.rows == batch.rows);
}

TEST_CASE("epoch orders equal torch.randperm under the seed plus the epoch", "[data]") {
  const Json golden = read_json(ENGRAM_SOURCE_DIR "/tests/golden/data_tokens.json");
  for (const Json& expected : golden["orders"]) {
    const int64_t count = expected["count"];
    const Values order = epoch_order(count, expected["seed"], expected["epoch"]);
    INFO("count " << count << ", seed " << expected["seed"] << ", epoch " << expected["epoch"]);
    REQUIRE(static_cast<int64_t>(order.size()) == count);
    const auto first = expected["first"].get<Values>();
    const auto last = expected["last"].get<Values>();
    CHECK(std::equal(first.begin(), first.end(), order.begin()));
    CHECK(std::equal(last.rbegin(), last.rend(), order.rbegin()));
    int64_t weighted = 0;
    for (int64_t i = 0; i < count; ++i) weighted += (i + 1) * order[static_cast<size_t>(i)];
    CHECK(weighted == expected["weighted"]);
  }
}

}  // namespace engram::data
