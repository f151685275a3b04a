// What the library's modules declare of themselves, read by a recipe; every example runs.
#include <algorithm>
#include <sstream>

#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

std::vector<std::string> modules() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(library_folder() / "engram")) {
    names.push_back("engram." + entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// One line for each declaration of every module, in which `line`, a Lua expression over `d`, says what is wanted of it.
std::vector<std::string> declared(const std::string& line) {
  std::string before;
  for (const std::string& module : modules()) before += "require '" + module + "' ";
  before +=
      "local lines = {} for _, d in ipairs(require('engram.check').declared) do lines[#lines + 1] = " + line + " end";
  LoadedText loaded(recipe_text(kTrain + " score = function() return 1 end, stop = function() return "
                                         "table.concat(lines, '\\n') end,",
                                before));
  recipe::History history;
  history.evaluations.push_back({0, 0, names(), 1});
  std::istringstream text(loaded.script.stop(history).reason);
  std::vector<std::string> lines;
  for (std::string each; std::getline(text, each);) lines.push_back(each);
  return lines;
}

std::string recipe_with(const std::string& returns, const std::string& example) {
  const std::string before =
      "local schedule, score = require 'engram.schedule', require 'engram.score' "
      "local stop, metric = require 'engram.stop', require 'engram.metric'";
  const std::string ewc = " strategies = { { 'ewc', lambda = 1 } },";
  const std::string some_score = returns == "score" ? "" : " score = function() return 1 end,";
  const std::map<std::string, std::string> keys = {{"schedule", "schedule = %,"},
                                                   {"stopping rule", "stop = %,"},
                                                   {"score", "score = %,"},
                                                   {"metric", "metrics = { own = % },"}};
  std::string entry = keys.at(returns);
  entry.replace(entry.find('%'), 1, example);
  return recipe_text(kTrain + ewc + some_score + entry, before);
}

}  // namespace

TEST_CASE("every function of the library is declared, with an example that loads and passes the trial before step 0") {
  const std::vector<std::string> lines = declared("d.name .. '\\t' .. d.returns .. '\\t' .. d.example");
  REQUIRE(lines.size() >= 35);
  for (const std::string& line : lines) {
    INFO(line);
    const size_t first = line.find('\t');
    const size_t second = line.find('\t', first + 1);
    const std::string example = line.substr(second + 1);
    REQUIRE(example.find(line.substr(0, first)) != std::string::npos);
    LoadedText loaded(recipe_with(line.substr(first + 1, second - first - 1), example));
    recipe::Metrics measured = names();
    REQUIRE_NOTHROW(loaded.script.resolve(
        measured, {{"new", false, {"calm", "angry"}, false}, {"original", true, {"a", "b", "c"}, false}}));
  }
}

TEST_CASE("every declaration says what the function and each of its options are about") {
  const std::string options =
      "(function() local taken = d.options or { d.entries or d.names or d.argument } local missing = '' "
      "for _, o in ipairs(taken) do if not (o.kind and o.about and #o.about > 3) then missing = missing .. "
      "tostring(o[1]) end end "
      "return missing end)()";
  for (const std::string& line : declared("d.name .. ':' .. (#d.about > 20 and '' or 'about') .. " + options)) {
    REQUIRE(line.back() == ':');
  }
}

TEST_CASE("no two functions are declared under one name, and each stands in its module under it") {
  std::vector<std::string> found = declared("d.name");
  std::sort(found.begin(), found.end());
  REQUIRE(std::adjacent_find(found.begin(), found.end()) == found.end());
  const std::string reach =
      "type(require('engram.' .. string.match(d.name, '^[^.]+'))[string.match(d.name, '[^.]+$')])";
  for (const std::string& kind : declared(reach)) REQUIRE(kind == "function");
}
