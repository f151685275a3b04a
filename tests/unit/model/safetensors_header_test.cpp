#include "model/safetensors_header.hpp"
#include "model_support.hpp"

namespace engram::model::test {
namespace {

std::string with_length(const std::string& json, uint64_t length) {
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>(length >> (8 * i) & 0xff);
  return file + json;
}

SafetensorsHeader parse(const std::string& file) {
  return parse_safetensors_header(std::as_bytes(std::span(file.data(), file.size())), file.size(), "m.safetensors");
}

// A file of this header and this many bytes of data.
SafetensorsHeader parse(const std::string& json, size_t data) {
  return parse(with_length(json, json.size()) + std::string(data, '\0'));
}

std::string refused(const std::string& json, size_t data) {
  return refusal([&] { parse(json, data); });
}

const std::string kTwoFloats = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";

}  // namespace

TEST_CASE("a sound header gives entries in the order of their data, and metadata") {
  const SafetensorsHeader header = parse(
      R"({"__metadata__":{"format":"pt"},"z":{"dtype":"I64","shape":[],"data_offsets":[8,16]},)" + kTwoFloats + "}",
      16);
  REQUIRE(header.names() == std::vector<std::string>{"a", "z"});
  CHECK(header.metadata == std::map<std::string, std::string>{{"format", "pt"}});
  CHECK(header.entries[0].shape == std::vector<int64_t>{2});
  CHECK(header.entries[1].shape.empty());
  CHECK(header.entries[1].dtype == Dtype::i64);
  CHECK(header.find("z") == &header.entries[1]);
  CHECK(header.find("y") == nullptr);
}

TEST_CASE("a header without tensors, and tensors without elements, are legal") {
  CHECK(parse("{}", 0).entries.empty());
  CHECK(parse(R"({"e":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}})", 0).entries.size() == 1);
}

TEST_CASE("a file that is too short for its header is refused") {
  CHECK(refusal([] { parse("abc"); }) ==
        "m.safetensors: is no safetensors file: it has 3 bytes, and the header's length alone takes 8. "
        "Fix: fetch or copy it again");
  CHECK(refusal([] { parse(with_length("{}", 9)); }) ==
        "m.safetensors: is cut short: its header needs 9 bytes, and 2 follow the length. Fix: fetch or copy it again");
}

TEST_CASE("a header above 100 MB is refused before anything is read") {
  CHECK(refusal([] { parse(with_length("{}", 100'000'001)); }) ==
        "m.safetensors: is no safetensors file: its header would have 100000001 bytes, and at most 100,000,000 are "
        "allowed");
  CHECK(contains(refusal([] { parse(with_length("{}", ~uint64_t{0})); }), "18446744073709551615 bytes"));
}

TEST_CASE("a header that is no JSON object is refused") {
  CHECK(refused(" {}", 0) == "m.safetensors: is no safetensors file: its header does not start with '{'");
  CHECK(refused("", 0) == "m.safetensors: is no safetensors file: its header does not start with '{'");
  CHECK(contains(refused("{\"a\":", 0), "m.safetensors: is not valid JSON"));
  CHECK(contains(refused("{} x", 0), "m.safetensors: is not valid JSON"));
}

TEST_CASE("a header that nests deeply is refused without recursion") {
  const std::string deep = "{\"a\":" + std::string(5'000'000, '[');
  CHECK(refused(deep, 0) == "m.safetensors: the safetensors header nests more than 3 levels deep");
  CHECK(parse(R"({"[[[[[[":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})", 1).entries.size() == 1);
}

TEST_CASE("a tensor name that comes twice is refused") {
  CHECK(contains(refused("{" + kTwoFloats + "," + kTwoFloats + "}", 8), "holds the key 'a' twice"));
}

TEST_CASE("metadata that is not text by text is refused") {
  CHECK(refused(R"({"__metadata__":{"n":1}})", 0) == "m.safetensors: __metadata__ 'n' is no string");
  CHECK(refused(R"({"__metadata__":[]})", 0) == "m.safetensors: __metadata__ is no object of strings");
}

TEST_CASE("a dtype that engram does not read is refused with the tensor's name") {
  CHECK(refused(R"({"w":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", 1) ==
        "m.safetensors: tensor 'w' has the dtype 'F8_E4M3', which engram does not read (allowed: BOOL, U8, I8, I16, "
        "F16, BF16, I32, F32, F64, I64)");
  CHECK(refused(R"({"w":{"shape":[1],"data_offsets":[0,1]}})", 1) == "m.safetensors: tensor 'w' has no dtype");
}

TEST_CASE("shapes and offsets that are no whole numbers are refused") {
  CHECK(contains(refused(R"({"w":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1),
                 "tensor 'w' has the size -1 in its shape (allowed: whole numbers from 0)"));
  CHECK(contains(refused(R"({"w":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", 1), "has the size 1.0"));
  CHECK(contains(refused(R"({"w":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}})", 1),
                 "has the size 9223372036854775808"));
  CHECK(contains(refused(R"({"w":{"dtype":"U8","data_offsets":[0,1]}})", 1), "tensor 'w' has no shape"));
  for (const char* offsets : {"[0]", "[0,1,2]", "[-1,0]", "[0,1.5]", "7"}) {
    CHECK(contains(refused(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":)" + std::string(offsets) + "}}", 1),
                   "tensor 'w' has no data_offsets of two whole numbers from 0"));
  }
  CHECK(contains(refused(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1), "run backwards"));
  CHECK(contains(refused(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}})", 1),
                 "tensor 'w' has an unknown key 'x'"));
  CHECK(contains(refused(R"({"w":3})", 0), "tensor 'w' is no object with dtype, shape and data_offsets"));
}

TEST_CASE("a shape whose product overflows is refused") {
  CHECK(refused(R"({"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0) ==
        "m.safetensors: tensor 'w' has a shape whose product does not fit into 64 bits");
  CHECK(contains(refused(R"({"w":{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,0]}})", 0),
                 "does not fit into 64 bits"));
}

TEST_CASE("bytes that do not match shape and dtype are refused") {
  CHECK(refused(R"({"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8) ==
        "m.safetensors: tensor 'w' needs 12 bytes by its shape and dtype, and its data_offsets span 8");
}

TEST_CASE("holes, overlaps and bytes beyond the tensors are refused") {
  const auto second = [](const std::string& offsets) {
    return "{" + kTwoFloats + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":)" + offsets + "}}";
  };
  CHECK(contains(refused(second("[9,13]"), 13),
                 "tensor 'b' starts at byte 9 of the data, and the one before it ends "
                 "at 8: a hole"));
  CHECK(contains(refused(second("[4,8]"), 8),
                 "starts at byte 4 of the data, and the one before it ends at 8: an "
                 "overlap"));
  CHECK(refused(second("[8,12]"), 20) ==
        "m.safetensors: the tensors end at byte 12 of the data, and the file holds 20 (bytes that belong to nothing)");
  CHECK(contains(refused(second("[8,12]"), 10),
                 "the file holds 10 (is the file cut short?). Fix: fetch or copy it again"));
  CHECK(contains(refused(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2), "a hole"));
}

TEST_CASE("all faults of a header are told at once") {
  const std::string text =
      refused(R"({"a":{"dtype":"X","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8"},"c":1})", 1);
  CHECK(contains(text, "'a'"));
  CHECK(contains(text, "'b'"));
  CHECK(contains(text, "'c'"));
}

}  // namespace engram::model::test
