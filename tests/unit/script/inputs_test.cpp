#include "script/inputs.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

using Names = std::set<std::string>;

// The keys of the callback's input, as the callback itself walks over them and tells them in an error.
std::string telling(const std::string& key, const std::string& argument, const std::string& table) {
  const std::string body = "function(" + argument + ") local names = {} for name in pairs(" + table +
                           ") do names[#names + 1] = name end error('[' .. table.concat(names, ' ') .. ']') end";
  return key == "metrics" ? "metrics = { own = " + body + " }," : key + " = " + body + ",";
}

Names real_fields(const std::string& key, const std::string& argument, const std::string& table) {
  const std::string score = key == "score" ? "" : "  score = function() return 1 end,\n";
  const std::string text = refusal([&] {
    LoadedText loaded(recipe_text(kTrain + "\n" + score + telling(key, argument, table)));
    recipe::Metrics metrics = names();
    loaded.script.resolve(metrics, {{"new", false, {"good", "bad"}, true}, {"original", true, {"a", "b"}, true}});
  });
  const size_t open = text.find('[');
  REQUIRE(open != std::string::npos);
  const std::vector<std::string> found = text::split(text.substr(open + 1, text.find(']') - open - 1), ' ');
  return {found.begin(), found.end()};
}

const script::InputTable& table_of(const std::string& type) {
  const auto& tables = script::input_tables();
  const auto found = std::find_if(tables.begin(), tables.end(), [&](const auto& table) { return table.type == type; });
  REQUIRE(found != tables.end());
  return *found;
}

// Declared names; "[string]" stands for `open`.
Names declared_fields(const std::string& type, const Names& open = {}) {
  Names names;
  for (const script::InputField& field : table_of(type).fields) {
    if (field.name == "[string]") {
      names.insert(open.begin(), open.end());
    } else {
      names.insert(field.name);
    }
  }
  return names;
}

const script::FunctionKind& kind_of(const std::string& key) {
  const auto& kinds = script::function_kinds();
  return *std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) { return kind.key == key; });
}

const Names kSets = {"new", "original"};

}  // namespace

TEST_CASE("a recipe's functions get the fields that are declared, and no others") {
  for (const std::string key : {"schedule", "stop", "metrics"}) {
    CAPTURE(key);
    const script::FunctionKind& kind = kind_of(key);
    REQUIRE(real_fields(key, kind.argument, kind.argument) == declared_fields(kind.input));
  }
  REQUIRE(real_fields("score", "m", "m") == declared_fields("engram.ScoreInput", kSets));
}

TEST_CASE("the tables inside them have the fields that are declared, and no others") {
  REQUIRE(real_fields("stop", "h", "h.last") == declared_fields("engram.Evaluation", kSets));
  REQUIRE(real_fields("stop", "h", "h.history[1]") == declared_fields("engram.Evaluation", kSets));
  REQUIRE(real_fields("stop", "h", "h.baseline") == kSets);
  REQUIRE(real_fields("score", "m", "m.baseline") == kSets);
  REQUIRE(real_fields("metrics", "e", "e.counts") == declared_fields("engram.Counts"));
  REQUIRE(real_fields("metrics", "e", "e.counts.right") == Names{"bad", "good"});
}

TEST_CASE("the metrics that are declared are those whose names a recipe's own may not take") {
  for (const std::string& name : declared_fields("engram.SetMetrics")) {
    CAPTURE(name);
    const std::string own = "  score = function() return 1 end, metrics = { " + name + " = function() return 1 end },";
    REQUIRE(load_refusal(recipe_text(kTrain + own)).find("this name is taken: every evaluation measures it") !=
            std::string::npos);
  }
  REQUIRE(declared_fields("engram.SetMetrics").size() == 5);
}

TEST_CASE("what is declared is whole: inputs have tables, and every text says something") {
  for (const script::FunctionKind& kind : script::function_kinds()) {
    CAPTURE(kind.type);
    REQUIRE_FALSE(table_of(kind.input).fields.empty());
    REQUIRE(kind.example.rfind(kind.key + " = ", 0) == 0);
    REQUIRE(kind.about.back() == '.');
  }
  for (const script::InputTable& table : script::input_tables()) {
    CAPTURE(table.type);
    for (const script::InputField& field : table.fields) {
      CAPTURE(field.name);
      REQUIRE(field.about.back() == '.');
    }
  }
}

TEST_CASE("the examples of a recipe's own functions load and run") {
  for (const script::FunctionKind& kind : script::function_kinds()) {
    CAPTURE(kind.example);
    const std::string score = kind.key == "score" ? "" : "  score = function() return 1 end,\n";
    const std::string strategies = "  strategies = { { \"ewc\", data = \"original\" } },\n";
    LoadedText loaded(recipe_text(kTrain + "\n" + score + strategies + kind.example));
    recipe::Metrics metrics = names();
    loaded.script.resolve(metrics,
                          {{"new", false, {"calm", "angry"}, false}, {"original", true, {"calm", "angry"}, false}});
  }
}

TEST_CASE("a grid may hold what is declared, and nothing else") {
  const std::string text =
      load_refusal("return { over = { rate = { 1 } }, recipe = function() return {} end, name = 1 }");
  REQUIRE(text.find("name is unknown") != std::string::npos);
  REQUIRE(declared_fields("engram.Grid") == Names{"over", "recipe"});
  REQUIRE(text.find("(allowed: over, recipe)") != std::string::npos);
}

TEST_CASE("a stopping rule may return what is declared, and nothing else") {
  const Names declared = declared_fields("engram.StopDecision");
  REQUIRE(declared == Names{"reason", "rollback", "cut"});
  const auto stop = [](const std::string& decision) {
    return refusal([&] {
      LoadedText loaded(recipe_text(kTrain + "\n  score = function() return 1 end,\n  stop = function() return " +
                                    decision + " end"));
      recipe::Metrics metrics = names();
      loaded.script.resolve(metrics, {});
    });
  };
  REQUIRE(stop("{ reason = 'x', rollback = true, cut = 0.5 }").empty());
  REQUIRE(stop("{ reason = 'x', rolback = true }").find("did you mean 'rollback'?") != std::string::npos);
}
