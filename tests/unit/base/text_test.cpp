#include "base/text.hpp"

#include "support/catch.hpp"

namespace engram::text {

using Names = std::vector<std::string>;

TEST_CASE("the nearest names come best first, and far ones not at all", "[base]") {
  const Names known = {"learning_rate", "weight_decay", "epochs", "seed"};
  CHECK(nearest("learning_rte", known) == Names{"learning_rate"});
  CHECK(nearest("sede", known) == Names{"seed"});
  CHECK(nearest("Epochs", known) == Names{"epochs"});
  CHECK(nearest("zzzzzzzz", known).empty());
  CHECK(nearest("h", {"os", "ipairs"}).empty());
  CHECK(nearest("lora_alpha", {"rank", "alpha"}) == Names{"alpha"});
  CHECK(nearest("alphabet_", {"bet"}).empty());
  CHECK(nearest("b", {"b1", "b2", "b3", "b4"}, 2).size() == 2);
}

TEST_CASE("the question after a wrong name lists its neighbours", "[base]") {
  CHECK(did_you_mean("quary", {"query"}) == "; did you mean 'query'?");
  CHECK(did_you_mean("val", {"value", "valve"}) == "; did you mean 'value' or 'valve'?");
  CHECK(did_you_mean("aa1", {"aa2", "aa3", "aa4"}) == "; did you mean 'aa2', 'aa3' or 'aa4'?");
  CHECK(did_you_mean("query", {"unrelated"}).empty());
}

TEST_CASE("glob patterns match the whole text", "[base]") {
  CHECK(glob("encoder.*.weight", "encoder.layer.0.weight"));
  CHECK(glob("*", ""));
  CHECK(glob("a?c", "abc"));
  CHECK(glob("*a*b", "xxaxxaxb"));
  CHECK_FALSE(glob("a?c", "ac"));
  CHECK_FALSE(glob("encoder", "encoder.layer"));
  CHECK_FALSE(glob("", "a"));
}

TEST_CASE("text is split, joined and trimmed", "[base]") {
  CHECK(split("a,,b", ',') == Names{"a", "", "b"});
  CHECK(split("", ',') == Names{""});
  CHECK(join({"a", "b"}, ", ") == "a, b");
  CHECK(join({}, ", ").empty());
  CHECK(trim(" \ta b\r\n") == "a b");
  CHECK(trim(" \n").empty());
}

TEST_CASE("numbers read as people write them", "[base]") {
  CHECK(thousands(0) == "0");
  CHECK(thousands(999) == "999");
  CHECK(thousands(22713216) == "22,713,216");
  CHECK(thousands(-1000) == "-1,000");
  CHECK(duration(43.4) == "43 s");
  CHECK(duration(245) == "4 min 05 s");
  CHECK(duration(7380) == "2 h 03 min");
  CHECK(bytes(999) == "999 B");
  CHECK(bytes(86700000) == "86.7 MB");
  CHECK(fixed(0.125, 2) == "0.12");
  CHECK(fixed(2, 3) == "2.000");
  CHECK(shortest(0.1) == "0.1");
  CHECK(shortest(1e-5) == "1e-05");
}

}  // namespace engram::text
