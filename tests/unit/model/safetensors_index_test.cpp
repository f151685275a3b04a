// The index of a sharded model: what is read, what is refused.
#include "model/safetensors_index.hpp"

#include "base/json_depth.hpp"
#include "model_support.hpp"

namespace engram::model::test {
namespace {

SafetensorsIndex parse(const std::string& text) { return parse_safetensors_index(text, "index.json"); }

std::string refused(const std::string& text) {
  return refusal([&] { parse(text); });
}

SafetensorsHeader header_of(const std::vector<std::string>& names) {
  SafetensorsHeader header;
  for (const std::string& name : names) {
    const uint64_t begin = header.entries.empty() ? 0 : header.entries.back().end;
    header.entries.push_back({.name = name, .dtype = Dtype::f32, .shape = {2}, .begin = begin, .end = begin + 8});
  }
  return header;
}

// What is wrong with shards of these tensors under an index.
std::string faults_of(const std::string& index, const std::map<std::string, SafetensorsHeader>& shards) {
  std::map<std::string, const SafetensorsHeader*> headers;
  for (const auto& [name, header] : shards) headers[name] = &header;
  Faults faults;
  check_shards(parse(index), headers, "index.json", faults);
  std::string text;
  for (const Fault& fault : faults.list()) text += (text.empty() ? "" : "; ") + fault.what;
  return text;
}

const std::string kTwoShards =
    R"({"metadata": {"total_size": 24}, "weight_map": {"a": "1.safetensors", "b": "1.safetensors",)"
    R"( "c": "2.safetensors"}})";

}  // namespace

TEST_CASE("an index gives the shard of every tensor, and the shards once") {
  const SafetensorsIndex index = parse(kTwoShards);
  CHECK(index.shards() == std::vector<std::string>{"1.safetensors", "2.safetensors"});
  CHECK(index.shard_of.at("b") == "1.safetensors");
  CHECK(index.total_size == 24u);
  CHECK(parse(R"({"metadata": {"total_size": 24.0}, "weight_map": {"a": "1.safetensors"}})").total_size == 24u);
  CHECK_FALSE(parse(R"({"weight_map": {"a": "1.safetensors"}})").total_size);
}

TEST_CASE("what is no index is refused") {
  const std::string text =
      "index.json: is no index of shards (allowed: an object whose weight_map gives the file of every tensor)";
  CHECK(refused("[]") == text);
  CHECK(refused("{}") == text);
  CHECK(refused(R"({"weight_map": ["a"]})") == text);
  CHECK(refused(R"({"weight_map": {}})") == text);
  CHECK(contains(refused("{"), "is not valid JSON"));
  CHECK(refused(std::string(100'000, '[')) == "index.json: nests more than 8 levels deep");
}

TEST_CASE("a tensor that the index names twice is refused") {
  CHECK(contains(refused(R"({"weight_map": {"a": "1.safetensors", "a": "2.safetensors"}})"),
                 "holds the key 'a' twice in one object"));
}

TEST_CASE("shards outside the folder are refused, all of them at once") {
  const std::string allowed = " (allowed: the name of a .safetensors file in the same folder)";
  for (const std::string name :
       {"../m.safetensors", "/m.safetensors", "a/m.safetensors", "..\\\\m.safetensors", "C:m.safetensors",
        ".safetensors", "..safetensors", "m.bin", "", "m\\u0000.safetensors"}) {
    INFO(name);
    CHECK(contains(refused(R"({"weight_map": {"a": ")" + name + "\"}}"),
                   "puts tensor 'a' into \"" + name + "\"" + allowed));
  }
  CHECK(refused(R"({"metadata": {"total_size": -1}, "weight_map": {"a": 7, "b": null}})") ==
        "index.json: puts tensor 'a' into 7" + allowed + "\nindex.json: puts tensor 'b' into null" + allowed +
            "\nindex.json: total_size is -1 (allowed: a whole number of bytes)");
  CHECK(contains(refused(R"({"metadata": 3, "weight_map": {"a": "1.safetensors"}})"),
                 "metadata is 3 (allowed: an object)"));
  CHECK(contains(refused(R"({"metadata": {"total_size": 1e300}, "weight_map": {"a": "1.safetensors"}})"),
                 "total_size is 1e+300"));
}

TEST_CASE("shards that hold what the index says are sound") {
  CHECK(faults_of(kTwoShards, {{"1.safetensors", header_of({"a", "b"})}, {"2.safetensors", header_of({"c"})}}).empty());
}

TEST_CASE("shards and index that do not agree are told tensor by tensor, both ways") {
  CHECK(
      faults_of(kTwoShards, {{"1.safetensors", header_of({"a", "c"})}, {"2.safetensors", header_of({"d"})}}) ==
      "1.safetensors holds tensor 'c', which the index puts into 2.safetensors; 2.safetensors holds tensor 'd', which "
      "the index does not list; puts tensor 'b' into 1.safetensors, which does not hold it; puts tensor 'c' into "
      "2.safetensors, which does not hold it");
  CHECK(faults_of(R"({"metadata": {"total_size": 12}, "weight_map": {"a": "1.safetensors"}})",
                  {{"1.safetensors", header_of({"a"})}}) ==
        "total_size is 12, and the tensors of the shards take 8 bytes");
}

TEST_CASE("brackets in texts do not count as nesting") {
  CHECK_FALSE(nests_deeper_than(R"({"[[[\"[[": 1})", 1));
  CHECK(nests_deeper_than("[[", 1));
  CHECK_FALSE(nests_deeper_than("[[]]", 2));
}

}  // namespace engram::model::test
