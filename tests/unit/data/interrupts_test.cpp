#include "base/interrupt.hpp"

#include "data/examples.hpp"
#include "data/records.hpp"
#include "data/tokenizer.hpp"
#include "data_support.hpp"

namespace engram::data {
namespace {

using namespace engram::data::testing;

// The flag is set as long as it lives.
struct Signalled {
  Signalled() { interrupt::request(); }
  ~Signalled() { interrupt::clear(); }
  Signalled(const Signalled&) = delete;
  Signalled& operator=(const Signalled&) = delete;
};

TEST_CASE("a signal ends the reading of a table, whatever its format", "[data]") {
  const Folder folder;
  recipe::DataSet set = text_and_label();
  const auto csv = folder.file("rows.csv", "text,label\nhello,a\nagain,b\n");
  const auto lines = folder.file("rows.jsonl", "{\"text\": \"hello\", \"label\": \"a\"}\n");
  CHECK(read_table(set, csv).rows.size() == 2);
  const Signalled signalled;
  CHECK_THROWS_AS(read_table(set, csv), interrupt::Interrupted);
  CHECK_THROWS_AS(read_table(set, lines), interrupt::Interrupted);
  CHECK_THROWS_AS(scan_lines("one\ntwo\n"), interrupt::Interrupted);
}

TEST_CASE("a signal ends tokenizing between two pieces of a list of texts", "[data]") {
  const Tokenizer tokenizer(ENGRAM_SOURCE_DIR "/tests/golden/losses/model/tokenizer.json");
  const std::vector<std::string> texts(3, "w5 w6");
  const TokenizedTexts whole = tokenizer.encode(texts, {}, 16);
  const Signalled signalled;
  CHECK_THROWS_AS(tokenizer.encode(texts, {}, 16), interrupt::Interrupted);
  CHECK(whole.size() == 3);
}

TEST_CASE("texts are tokenized in pieces as they would be at once", "[data]") {
  const Tokenizer tokenizer(ENGRAM_SOURCE_DIR "/tests/golden/losses/model/tokenizer.json");
  std::vector<std::string> texts, pairs;
  for (int i = 0; i < 9000; ++i) {
    texts.push_back("w" + std::to_string(5 + i % 90) + (i % 3 == 0 ? " w7 w8 w9 w10" : ""));
    pairs.push_back("w" + std::to_string(95 - i % 90));
  }
  const TokenizedTexts all = tokenizer.encode(texts, pairs, 6);
  REQUIRE(all.size() == 9000);
  CHECK(all.truncated == 3000);
  for (const size_t i : {size_t{0}, size_t{4095}, size_t{4096}, size_t{8191}, size_t{8192}, size_t{8999}}) {
    const TokenizedTexts one = tokenizer.encode({texts[i]}, {pairs[i]}, 6);
    const auto begin = static_cast<std::ptrdiff_t>(all.offsets[i]),
               end = static_cast<std::ptrdiff_t>(all.offsets[i + 1]);
    CHECK(std::vector<int32_t>(all.ids.begin() + begin, all.ids.begin() + end) == one.ids);
    CHECK(std::vector<int32_t>(all.type_ids.begin() + begin, all.type_ids.begin() + end) == one.type_ids);
  }
}

}  // namespace
}  // namespace engram::data
