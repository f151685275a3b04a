// Lua's tokens with their lines: just enough to find where the keys of a table constructor stand.
#pragma once

#include <string>
#include <vector>

namespace engram::script {

struct Token {
  enum class Kind { name, number, string, symbol };
  Kind kind = Kind::symbol;
  std::string text;  // a name, a number as written, a string's content (escapes without their backslash), or one symbol
  int line = 1;
};

// Never fails: a source that Lua itself refuses gives some tokens.
std::vector<Token> tokenize(const std::string& source);

}  // namespace engram::script
