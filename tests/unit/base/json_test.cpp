#include "base/json.hpp"

#include <limits>

#include "base/errors.hpp"
#include "base/whole_number.hpp"
#include "support/catch.hpp"

namespace engram {
namespace {

std::string message(const std::string& json) {
  try {
    parse_json(json, "a.json");
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("keys keep the order they were written in", "[base]") {
  CHECK(parse_json(R"({"z": 1, "a": [2, {"y": 3, "b": 4}]})", "a.json").dump() == R"({"z":1,"a":[2,{"y":3,"b":4}]})");
}

TEST_CASE("a key given twice in one object is refused, at any depth", "[base]") {
  CHECK(message(R"({"a": 1, "a": 2})") == "a.json: holds the key 'a' twice in one object");
  CHECK(message(R"([{"x": {"b": 1, "b": 1}}])") == "a.json: holds the key 'b' twice in one object");
  CHECK(message(R"([{"a": 1}, {"a": 1}])").empty());
}

TEST_CASE("what is no JSON is refused with its position", "[base]") {
  CHECK(message("{\"a\": }").starts_with("a.json: is not valid JSON: "));
  CHECK(message("{\"a\": }").find("column 7") != std::string::npos);
  CHECK(message("{} // comment").starts_with("a.json: is not valid JSON: "));
  CHECK(message("").starts_with("a.json: is not valid JSON: "));
}

TEST_CASE("what nests too deeply to be copied or printed is refused before it is parsed", "[base]") {
  CHECK(message(std::string(200, '[') + std::string(200, ']')).empty());
  CHECK(message(std::string(201, '[') + std::string(201, ']')) == "a.json: nests more than 200 levels deep");
  CHECK(message(std::string(10'000'000, '[')) == "a.json: nests more than 200 levels deep");
}

TEST_CASE("a whole number is one that an int64_t holds") {
  CHECK(whole_number(-3) == -3);
  CHECK(whole_number(parse_json("9223372036854775807", "a")) == std::numeric_limits<int64_t>::max());
  for (const char* other : {"9223372036854775808", "2.0", "2.7", "1e300", "-1e300", "null", "true", "\"2\"", "[2]"}) {
    INFO(other);
    CHECK_THROWS_AS(whole_number(parse_json(other, "a")), Json::type_error);
  }
}

}  // namespace engram
