// What the standard library declares of itself (scripts/engram/check.lua): its functions by topic, with their options.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace engram::script {

struct LibraryOption {
  std::string name;     // empty where a function takes a list, names of the recipe's own, or one plain value
  std::string kind;     // number, string, boolean, function, list, metric
  std::string allowed;  // "from 0 on", "one of 'min', 'max'"; empty: any of its kind
  std::string absent;   // the default as a recipe would write it; empty where there is none
  bool compulsory = false;
  bool whole = false;
  std::vector<std::string> one_of;
  std::string about;
};

// What stands between a function's braces.
enum class LibraryForm { options, entries, names, argument };

struct LibraryFunction {
  std::string name;  // "schedule.linear"
  std::string about;
  std::string example;
  std::string returns;  // "schedule", "stopping rule", "score", "metric"
  LibraryForm form = LibraryForm::options;
  std::string noun;                    // of one entry: "rule"
  std::vector<LibraryOption> options;  // one without a name, unless the form is options
  std::string topic() const { return name.substr(0, name.find('.')); }
};

struct LibraryTopic {
  std::string name;
  std::string about;
};

struct Library {
  std::vector<LibraryTopic> topics;
  std::vector<LibraryFunction> functions;
};

// Requires every module of `folder`/engram and reads what they declare. Throws RecipeError where a module fails.
Library read_library(const std::filesystem::path& folder);

}  // namespace engram::script
