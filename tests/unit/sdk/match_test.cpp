#include <engram/sdk.hpp>

#include "support/catch.hpp"

using namespace engram;
using Catch::Matchers::Equals;

namespace {

sdk::LinearSite site(const std::string& name, int64_t in, int64_t out, sdk::Role role = sdk::Role::block) {
  return {.name = name, .in = in, .out = out, .bias = true, .role = role};
}

sdk::ModelView two_layers() {
  sdk::ModelView view;
  for (const std::string layer : {"encoder.layer.0.", "encoder.layer.1."}) {
    for (const std::string part : {"query", "key", "value"}) {
      view.linear_sites.push_back(site(layer + "attention.self." + part, 8, 8));
    }
    view.linear_sites.push_back(site(layer + "attention.output.dense", 8, 8));
    view.linear_sites.push_back(site(layer + "intermediate.dense", 8, 16));
    view.linear_sites.push_back(site(layer + "output.dense", 16, 8));
  }
  view.layers = 2;
  for (sdk::LinearSite& in_block : view.linear_sites) in_block.layer = in_block.name[14] - '0';
  view.linear_sites.push_back(site("pooler.dense", 8, 8, sdk::Role::pooler));
  view.linear_sites.push_back(site("heads.topics", 8, 3, sdk::Role::head));
  return view;
}

std::vector<std::string> names(const sdk::TargetMatch& match) {
  std::vector<std::string> all;
  for (const sdk::LinearSite& found : match.sites) all.push_back(found.name);
  return all;
}

sdk::Setting list(std::vector<std::string> entries) { return entries; }

std::string refusal(const sdk::Setting& targets) {
  try {
    sdk::match_linear_sites(two_layers(), targets);
  } catch (const sdk::Error& error) {
    return std::string(error.what()) + " | " + error.fix();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a list entry matches a full name or a dotted suffix, never a part of a word") {
  const sdk::TargetMatch match =
      sdk::match_linear_sites(two_layers(), list({"query", "encoder.layer.1.intermediate.dense"}));
  REQUIRE_THAT(names(match), Equals(std::vector<std::string>{"encoder.layer.0.attention.self.query",
                                                             "encoder.layer.1.attention.self.query",
                                                             "encoder.layer.1.intermediate.dense"}));
  REQUIRE(match.text() == "query 2, encoder.layer.1.intermediate.dense 1");
  REQUIRE(refusal(list({"uery"})).find("the target 'uery' matches no linear site") == 0);
}

TEST_CASE("a suffix of several parts matches as PEFT matches it") {
  // "output.dense" ends both attention.output.dense and output.dense.
  const sdk::TargetMatch match = sdk::match_linear_sites(two_layers(), list({"output.dense"}));
  REQUIRE(match.sites.size() == 4);
}

TEST_CASE("one string is a regular expression over the whole name") {
  const sdk::TargetMatch match =
      sdk::match_linear_sites(two_layers(), std::string(R"(encoder\.layer\.0\..*\.(query|key))"));
  REQUIRE_THAT(names(match), Equals(std::vector<std::string>{"encoder.layer.0.attention.self.query",
                                                             "encoder.layer.0.attention.self.key"}));
  REQUIRE(
      refusal(std::string("query")) ==
      "the regular expression 'query' matches the full name of no linear site | choose from dense, key, query, value, "
      "longer suffixes of a site's name, or \"all-linear\"");
}

TEST_CASE("all-linear means every linear site but the heads") {
  const sdk::TargetMatch match = sdk::match_linear_sites(two_layers(), std::string("all-linear"));
  REQUIRE(match.sites.size() == 13);
  REQUIRE(match.sites.back().name == "pooler.dense");
}

TEST_CASE("every entry must match, and the refusal names the nearest and counts the others") {
  REQUIRE(
      refusal(list({"qurey", "value", "outptu.dense"})) ==
      "the target 'qurey' matches no linear site; did you mean 'query'?; the target 'outptu.dense' matches no linear "
      "site; did you mean 'output.dense'?; sites matched by the others: value 2 | choose from dense, key, query, "
      "value, longer suffixes of a site's name, or \"all-linear\"");
}

TEST_CASE("a head is never a target") {
  REQUIRE(refusal(list({"topics"})).find("the target 'topics' matches no linear site") == 0);
}

TEST_CASE("an empty list and a malformed expression are refused") {
  REQUIRE(refusal(list({})) == "targets is empty | name at least one target, for instance \"query\"");
  REQUIRE(
      refusal(std::string("(query")) ==
      "targets is one string, '(query', and no valid regular expression | write a list such as { \"query\", \"value\" "
      "}, or correct the expression (ECMAScript syntax)");
}

TEST_CASE("a site that two entries match is taken once and counted for both") {
  const sdk::TargetMatch match = sdk::match_linear_sites(two_layers(), list({"query", "self.query"}));
  REQUIRE(match.sites.size() == 2);
  REQUIRE(match.text() == "query 2, self.query 2");
}

TEST_CASE("a rank above the smaller side of a matrix is refused with the rank that fits") {
  const sdk::TargetMatch match = sdk::match_linear_sites(two_layers(), list({"query", "intermediate.dense"}));
  REQUIRE_NOTHROW(sdk::check_rank(8, match));
  REQUIRE_THROWS_WITH(
      sdk::check_rank(9, match),
      "rank 9 is larger than the smaller side of encoder.layer.0.attention.self.query (8 x 8) and 3 more");
}

namespace {

std::string limited_refusal(const sdk::Setting& targets, const sdk::TargetLimits& limits) {
  try {
    sdk::match_linear_sites(two_layers(), targets, limits);
  } catch (const sdk::Error& error) {
    return std::string(error.what()) + " | " + error.fix();
  }
  return "accepted";
}

std::string number_refusal(const std::map<std::string, double>& patterns) {
  try {
    sdk::numbers_by_site(sdk::match_linear_sites(two_layers(), list({"query", "value"})), "rank_pattern", patterns, 8);
  } catch (const sdk::Error& error) {
    return std::string(error.what()) + " | " + error.fix();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("exclude takes sites out of the targets, and the counts are of what is left") {
  const sdk::TargetMatch match =
      sdk::match_linear_sites(two_layers(), list({"query", "value"}), {.exclude = list({"1.attention.self.query"})});
  REQUIRE(match.text() == "query 1, value 2");
  REQUIRE(match.sites.size() == 3);
  const sdk::TargetMatch all = sdk::match_linear_sites(two_layers(), std::string("all-linear"),
                                                       {.exclude = std::string(R"(pooler\..*|.*\.key)")});
  REQUIRE(all.sites.size() == 10);
}

TEST_CASE("an entry of exclude that takes nothing out is refused with the nearest names") {
  REQUIRE(limited_refusal(list({"query", "value"}), {.exclude = list({"qeury"})}) ==
          "exclude 'qeury' takes out none of the 4 targets; did you mean 'query'? | drop the entry, or correct it");
  REQUIRE(limited_refusal(list({"query"}), {.exclude = list({"value"})}).find("exclude 'value' takes out none") == 0);
}

TEST_CASE("exclude may not take a whole target") {
  REQUIRE(limited_refusal(list({"query", "value"}), {.exclude = list({"self.query"})}) ==
          "exclude takes out every site of the target 'query' | drop the entry, or correct it");
}

TEST_CASE("layers keeps the blocks that it names, and nothing outside blocks") {
  const sdk::TargetMatch match = sdk::match_linear_sites(two_layers(), std::string("all-linear"), {.layers = {1}});
  REQUIRE(match.sites.size() == 6);
  REQUIRE(match.sites.front().name == "encoder.layer.1.attention.self.query");
  REQUIRE(limited_refusal(list({"query", "pooler.dense"}), {.layers = {0}}) ==
          "the target 'pooler.dense' matches no linear site of the layers 0; sites matched by the others: query 1 | "
          "choose from dense, key, query, value, longer suffixes of a site's name, or \"all-linear\"");
}

TEST_CASE("a layer that the model does not have is refused with the bounds, and one named twice too") {
  REQUIRE(limited_refusal(list({"query"}), {.layers = {1, 2, 7}}) ==
          "layers names 2, 7, but the model has 2 layers | choose from 0 to 1");
  REQUIRE(limited_refusal(list({"query"}), {.layers = {1, 1}}) == "layers names 1 twice | ");
}

TEST_CASE("a pattern's number goes to the sites whose name it ends, alone or after a dot, as in PEFT") {
  const sdk::TargetMatch match = sdk::match_linear_sites(two_layers(), list({"query", "value"}));
  const auto numbers = [&](const std::map<std::string, double>& patterns) {
    return sdk::numbers_by_site(match, "rank_pattern", patterns, 8);
  };
  REQUIRE_THAT(numbers({}), Equals(std::vector<double>{8, 8, 8, 8}));
  REQUIRE_THAT(numbers({{"query", 2}}), Equals(std::vector<double>{2, 8, 2, 8}));
  REQUIRE_THAT(numbers({{R"(layer\.1\..*)", 4}}), Equals(std::vector<double>{8, 8, 4, 4}));
  REQUIRE_THAT(numbers({{"0.attention.self.query", 2}, {"1.attention.self.query|value", 3}}),
               Equals(std::vector<double>{2, 3, 3, 3}));
}

TEST_CASE("a pattern that matches no target, an ambiguous one and a malformed one are refused") {
  REQUIRE(
      number_refusal({{"uery", 4}, {"key", 4}}) ==
      "rank_pattern 'key' matches none of the 4 targets; rank_pattern 'uery' matches none of the 4 targets; did you "
      "mean 'query'? | choose from query, value");
  REQUIRE(number_refusal({{"query", 4}, {"0.attention.self.query", 2}}) ==
          "rank_pattern: '0.attention.self.query' and 'query' both match encoder.layer.0.attention.self.query and give "
          "it different numbers | write patterns of which only one matches a site");
  REQUIRE(number_refusal({{"(query", 4}}).find("rank_pattern has the key '(query', which is no valid") == 0);
}
