// What a recipe's functions are called with and what they may return: the list behind docs/lua_api.md and the editor
// types. A test compares it with what the functions really get.
#pragma once

#include <string>
#include <vector>

namespace engram::script {

struct InputField {
  std::string name;  // "step"; "[string]" for names that the recipe chooses
  std::string type;  // as LuaCATS writes it
  std::string about;
};

// A table that the host fills, read-only but for `state`.
struct InputTable {
  std::string type;   // "engram.ScheduleInput"
  std::string about;  // one sentence
  std::vector<InputField> fields;
};

// A kind of function in a recipe.
struct FunctionKind {
  std::string type;      // "engram.Schedule"
  std::string key;       // where a recipe writes it: "schedule"
  std::string argument;  // "s"
  std::string input;     // "engram.ScheduleInput"
  std::string returns;   // as LuaCATS writes it
  std::string about;     // when it is called, and what its result means
  std::string example;
};

const std::vector<InputTable>& input_tables();
const std::vector<FunctionKind>& function_kinds();

}  // namespace engram::script
