#include "script/names.hpp"

namespace engram::script {

const std::vector<GlobalName>& global_names() {
  static const std::vector<GlobalName> names = {
      {"assert", "as in Lua"},
      {"error", "as in Lua"},
      {"getmetatable", "as in Lua; false for what the host hands over, and for strings"},
      {"ipairs", "as in Lua"},
      {"math",
       "as in Lua; math.random draws from train.seed, and its state is kept in checkpoints",
       {"abs",   "acos", "asin",  "atan",   "atan2",      "ceil", "cos",   "cosh", "deg", "exp",
        "floor", "fmod", "frexp", "huge",   "ldexp",      "log",  "log10", "max",  "min", "modf",
        "pi",    "pow",  "rad",   "random", "randomseed", "sin",  "sinh",  "sqrt", "tan", "tanh"}},
      {"os", "the clock and the date, and nothing else", {"clock", "date"}},
      {"pairs", "walks in sorted order: numbers, then strings, then booleans"},
      {"pcall", "as in Lua, but for runaways, which it cannot swallow"},
      {"print", "writes to the log"},
      {"rawequal", "as in Lua"},
      {"require", "engram's library, and Lua files inside the recipe's folder"},
      {"select", "as in Lua"},
      {"setmetatable", "as in Lua"},
      {"string",
       "as in Lua; patterns are matched step by step, within the limits",
       {"byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper"}},
      {"table", "as in Lua", {"concat", "insert", "maxn", "remove", "sort"}},
      {"tonumber", "as in Lua"},
      {"tostring", "as in Lua, but tables and functions show no address"},
      {"type", "as in Lua"},
      {"unpack", "as in Lua"}};
  return names;
}

const std::map<std::string, std::string, std::less<>>& withheld_names() {
  static const std::map<std::string, std::string, std::less<>> reasons = {
      {"io", "recipes do not touch files"},
      {"ffi", "recipes do not reach C"},
      {"jit", "the interpreter's settings are fixed"},
      {"debug", "recipes do not reach into the interpreter"},
      {"package", "use require"},
      {"load", "recipes do not load code from strings"},
      {"loadstring", "recipes do not load code from strings"},
      {"loadfile", "use require"},
      {"dofile", "use require"},
      {"next", "use pairs, which walks in sorted order"},
      {"rawset", "assign with ="},
      {"rawget", "index with ."},
      {"coroutine", "callbacks run to their end"},
      {"xpcall", "use pcall; tracebacks are added to every failure"},
      {"getfenv", "recipes share one fixed environment"},
      {"setfenv", "recipes share one fixed environment"},
      {"collectgarbage", "memory is collected by itself"},
      {"_G", "there are no globals to reach; write local"}};
  return reasons;
}

}  // namespace engram::script
