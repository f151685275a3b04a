// provenance.json: what was written comes back, and a file that is not whole is refused with everything that is wrong.
#include "checkpoint/provenance.hpp"

#include "adapter_support.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

const std::string kHash(64, 'a');

checkpoint::Provenance sound() {
  return {.base = "org/name",
          .base_tensors = kHash,
          .tokenizer = std::string(64, '0'),
          .task = kTask,
          .labels = {"calm", "windy"},
          .pairs = true,
          .max_length = 64,
          .adapter = nullptr,
          .recipe = {{"sha256", kHash}},
          .data = Json::array(),
          .plugins = Json::object(),
          .strategies = {{"lora", {{"rank", 4}}}},
          .made = nullptr};
}

// With what a changed file is refused; "accepted" when it is not.
std::string refusal(const std::function<void(Json&)>& change) {
  const Scratch scratch;
  checkpoint::write_provenance(scratch.path, sound());
  const fs::path file = scratch.path / "provenance.json";
  Json json = read_json(file);
  change(json);
  write_file_atomically(file, json.dump());
  try {
    checkpoint::read_provenance(scratch.path);
  } catch (const DataError& error) {
    return text::replaced(error.what(), file.string() + ": ", "");
  }
  return "accepted";
}

std::string refusal(const std::string& key, const Json& value) {
  return refusal([&](Json& json) { json[key] = value; });
}

}  // namespace

TEST_CASE("provenance comes back as it was written, and a folder without it has none") {
  const Scratch scratch;
  CHECK_FALSE(checkpoint::read_provenance(scratch.path));
  checkpoint::write_provenance(scratch.path, sound());
  const checkpoint::Provenance read = *checkpoint::read_provenance(scratch.path);
  CHECK(read.base == "org/name");
  CHECK(read.base_tensors == kHash);
  CHECK(read.tokenizer == std::string(64, '0'));
  CHECK(read.task == kTask);
  CHECK(read.labels == std::vector<std::string>{"calm", "windy"});
  CHECK(read.pairs);
  CHECK(read.max_length == 64);
  CHECK(read.recipe == sound().recipe);
  CHECK(read.strategies == sound().strategies);
  CHECK(read.made.is_null());
}

TEST_CASE("an incomplete provenance is refused with every key that is missing") {
  CHECK(refusal([](Json& json) {
          for (const char* key : {"base", "labels", "made"}) json.erase(key);
        }) ==
        "base is missing (allowed: a folder, or org/name)\nlabels is missing (allowed: a list of distinct names)\n"
        "made is missing (allowed: an object or null)");
}

TEST_CASE("values of the wrong kind are refused, all of them at once") {
  const std::string hash = " (allowed: 64 hexadecimal digits)", length = " (allowed: a whole number from 1 to 1000000)";
  CHECK(refusal([](Json& json) {
          json["base"] = "";
          json["base_tensors_sha256"] = "abc";
          json["pairs"] = 1;
          json["max_length"] = true;
        }) == "base is \"\" (allowed: a folder, or org/name)\nbase_tensors_sha256 is \"abc\"" + hash +
                  "\npairs is 1 (allowed: true or false)\nmax_length is true" + length);
  CHECK(refusal("tokenizer_sha256", std::string(64, 'G')).ends_with(hash));
  CHECK(refusal("tokenizer_sha256", 7) == "tokenizer_sha256 is 7" + hash);
  for (const Json& value : {Json(0), Json(-1), Json(1.5), Json(1000001), Json("64")}) {
    CHECK(refusal("max_length", value) == "max_length is " + value.dump() + length);
  }
  for (const Json& value : {Json::array(), Json{"a", "a"}, Json{"a", 1}, Json{"a", ""}, Json("a")}) {
    CHECK(refusal("labels", value) == "labels is " + value.dump() + " (allowed: a list of distinct names)");
  }
  for (const char* key : {"adapter", "recipe", "made"}) {
    CHECK(refusal(key, Json{1}) == std::string(key) + " is [1] (allowed: an object or null)");
  }
  CHECK(refusal("data", "merged") == "data is \"merged\" (allowed: an object, a list or null)");
}

TEST_CASE("keys that provenance does not have are refused with the nearest") {
  CHECK(refusal("label", Json{"a"}) == "has the unknown key 'label'; did you mean 'labels'?");
}

TEST_CASE("files of other versions, deep nesting and what is no JSON are refused") {
  CHECK(refusal("format", 2) == "is no provenance of this version of engram (allowed: an object with \"format\": 1)");
  CHECK(refusal([](Json& json) { json = Json::array({1}); }).find("is no provenance") == 0);
  const Scratch scratch;
  const auto refused = [&](const std::string& text) -> std::string {
    write_file_atomically(scratch.path / "provenance.json", text);
    try {
      checkpoint::read_provenance(scratch.path);
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(refused(std::string(1 << 20, '[')).find("nests more than 64 levels deep") != std::string::npos);
  CHECK(refused("{\"format\": 1, \"format\": 1}").find("holds the key 'format' twice") != std::string::npos);
  CHECK(refused("{").find("is not valid JSON") != std::string::npos);
}
