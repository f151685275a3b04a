// What the library's modules declare of themselves; every example runs.
#include <set>

#include "script/library.hpp"
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

// A recipe in which the example stands where its result belongs.
std::string recipe_with(const script::LibraryFunction& function) {
  const std::string before =
      "local schedule, score = require 'engram.schedule', require 'engram.score' "
      "local stop, metric = require 'engram.stop', require 'engram.metric'";
  const std::map<std::string, std::string> keys = {{"schedule", "schedule = "},
                                                   {"stopping rule", "stop = "},
                                                   {"score", "score = "},
                                                   {"metric", "metrics = { own = "}};
  std::string text =
      kTrain + " strategies = { { 'ewc', lambda = 1 } }, " + keys.at(function.returns) + function.example;
  text += function.returns == "metric" ? " }," : ",";
  if (function.returns != "score") text += " score = function() return 1 end,";
  return recipe_text(text, before);
}

}  // namespace

TEST_CASE("every function of the library has an example that loads and passes the trial before step 0") {
  const script::Library library = script::read_library(library_folder());
  REQUIRE(library.functions.size() >= 35);
  for (const script::LibraryFunction& function : library.functions) {
    if (function.topic() == "engram") continue;  // a grid is a whole recipe
    INFO(function.example);
    REQUIRE(function.example.find(function.name) != std::string::npos);
    LoadedText loaded(recipe_with(function));
    recipe::Metrics measured = names();
    const std::vector<recipe::SetShape> shapes = {{"new", false, {"calm", "angry"}, false},
                                                  {"original", true, {"a", "b", "c"}, false}};
    REQUIRE_NOTHROW(loaded.script.resolve(measured, shapes));
  }
}

TEST_CASE("every declaration says what the function and each of its options are about") {
  for (const script::LibraryFunction& function : script::read_library(library_folder()).functions) {
    INFO(function.name);
    REQUIRE(function.about.size() > 20);
    for (const script::LibraryOption& option : function.options) {
      INFO(option.name);
      REQUIRE(option.about.size() > 3);
      REQUIRE(std::set<std::string>{"number", "string", "boolean", "function", "list", "metric"}.count(option.kind) ==
              1);
    }
  }
}

TEST_CASE("no two functions are declared under one name, and each stands in a declared topic's module under it") {
  const script::Library library = script::read_library(library_folder());
  std::set<std::string> topics;
  for (const script::LibraryTopic& topic : library.topics) REQUIRE(topics.insert(topic.name).second);
  std::set<std::string> names;
  std::string reads;
  for (const script::LibraryFunction& function : library.functions) {
    INFO(function.name);
    REQUIRE(names.insert(function.name).second);
    REQUIRE(topics.count(function.topic()) == 1);
    const std::string module = function.topic() == "engram" ? "engram" : "engram." + function.topic();
    reads += "assert(type(require('" + module + "')." + function.name.substr(function.topic().size() + 1) +
             ") == 'function') ";
  }
  REQUIRE(load_refusal(recipe_text(kTrain + " score = function() return 1 end,", reads)) == "");
}
