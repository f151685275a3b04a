#include "script/source_map.hpp"

#include <optional>

#include "script/lexer.hpp"

namespace engram::script {
namespace {

constexpr int kDeepest = 100;  // tables inside tables; Lua itself allows no more than 200

bool opens_block(const Token& token) {
  return token.kind == Token::Kind::name &&
         (token.text == "function" || token.text == "do" || token.text == "if" || token.text == "repeat");
}

bool closes_block(const Token& token) {
  return token.kind == Token::Kind::name && (token.text == "end" || token.text == "until");
}

bool is_symbol(const Token& token, const char* text) { return token.kind == Token::Kind::symbol && token.text == text; }

bool opens_bracket(const Token& token) {
  return is_symbol(token, "{") || is_symbol(token, "(") || is_symbol(token, "[");
}

bool closes_bracket(const Token& token) {
  return is_symbol(token, "}") || is_symbol(token, ")") || is_symbol(token, "]");
}

class Mapper {
 public:
  explicit Mapper(const std::string& source) : tokens_(tokenize(source)) {}

  SourceMap run() { return returned_from(0, 0); }

  SourceMap run_function(int line) {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const bool starts = tokens_[i].kind == Token::Kind::name && tokens_[i].text == "function";
      if (starts && tokens_[i].line == line) return returned_from(i + 1, 1);
    }
    return {};
  }

 private:
  // What the first `return` outside of inner blocks returns, from a token inside so many blocks on.
  SourceMap returned_from(size_t at, int depth) {
    const int level = depth;
    for (size_t i = at; i < tokens_.size() && depth >= level; ++i) {
      const Token& token = tokens_[i];
      depth += opens_block(token) ? 1 : closes_block(token) ? -1 : 0;
      if (depth != level || token.kind != Token::Kind::name || token.text != "return") continue;
      const size_t named = named_table(i + 1);
      note("", inside(named) ? tokens_[named].line : token.line);
      const size_t table = inside(named) ? named : returned_table(i + 1);
      if (inside(table)) constructor(table, "");
      break;
    }
    return std::move(map_);
  }

  // The '{' of the last `local recipe = {` before `return recipe`, or the end.
  size_t named_table(size_t at) const {
    const bool name = inside(at) && tokens_[at].kind == Token::Kind::name && tokens_[at].text != "function";
    const bool alone = !inside(at + 1) || closes_block(tokens_[at + 1]) || is_symbol(tokens_[at + 1], ";");
    for (size_t i = at; name && alone && i-- > 1;) {
      const bool declared = tokens_[i].text == tokens_[at].text && tokens_[i - 1].text == "local";
      if (declared && is_symbol(tokens_[i + 1], "=") && is_symbol(tokens_[i + 2], "{")) return i + 2;
    }
    return tokens_.size();
  }

  // The '{' of `return {` and of `return engram.grid {`, or the end.
  size_t returned_table(size_t at) const {
    size_t brace = at;
    while (inside(brace) && !is_symbol(tokens_[brace], "{") && tokens_[brace].text != "function") ++brace;
    if (!inside(brace) || brace == at) return brace;
    const size_t before = is_symbol(tokens_[brace - 1], "(") ? brace - 2 : brace - 1;
    return before >= at && tokens_[before].text == "grid" ? brace : tokens_.size();
  }

  bool inside(size_t at) const { return at < tokens_.size(); }

  void note(const std::string& path, int line) { map_.emplace(path, SourcePlace{line, order_++}); }

  static std::string joined(const std::string& path, const std::string& key) {
    return path.empty() ? key : path + "." + key;
  }

  // One constructor from its '{' on; returns the index after its '}'.
  size_t constructor(size_t at, const std::string& path) {
    int position = 0;
    ++at;
    while (inside(at) && !is_symbol(tokens_[at], "}")) {
      if (is_symbol(tokens_[at], ",") || is_symbol(tokens_[at], ";")) {
        ++at;
        continue;
      }
      const int line = tokens_[at].line;
      std::optional<std::string> child;
      if (named_key(at)) {
        child = joined(path, tokens_[at].text);
        at += 2;
      } else if (is_symbol(tokens_[at], "[")) {
        at = bracketed_key(at, path, child);
      } else {
        child = path + "[" + std::to_string(++position) + "]";
      }
      if (child) note(*child, line);
      at = value(at, child);
    }
    return at + 1;
  }

  bool named_key(size_t at) const {
    return tokens_[at].kind == Token::Kind::name && inside(at + 1) && is_symbol(tokens_[at + 1], "=");
  }

  // `["name"] =` or `[1] =`; other keys are computed and have no path here. Returns the index of the value.
  size_t bracketed_key(size_t at, const std::string& path, std::optional<std::string>& child) {
    const bool simple = inside(at + 3) && is_symbol(tokens_[at + 2], "]") && is_symbol(tokens_[at + 3], "=");
    const Token& key = tokens_[inside(at + 1) ? at + 1 : at];
    if (simple && key.kind == Token::Kind::string) child = joined(path, key.text);
    if (simple && key.kind == Token::Kind::number) {
      const bool listed = key.text.find_first_not_of("0123456789") == std::string::npos && key.text != "0";
      child = listed ? path + "[" + key.text + "]" : joined(path, key.text);
    }
    if (simple) return at + 4;
    at = skip_brackets(at);
    return inside(at) && is_symbol(tokens_[at], "=") ? at + 1 : at;
  }

  // A value up to the ',' ';' or '}' that ends it; a bare constructor is looked into.
  size_t value(size_t at, const std::optional<std::string>& path) {
    if (inside(at) && is_symbol(tokens_[at], "{") && path && depth_ < kDeepest) {
      ++depth_;
      at = constructor(at, *path);
      --depth_;
    }
    int blocks = 0;
    while (inside(at)) {
      const Token& token = tokens_[at];
      const bool ends = is_symbol(token, ",") || is_symbol(token, ";") || is_symbol(token, "}");
      if (blocks == 0 && ends) break;
      blocks += opens_block(token) ? 1 : closes_block(token) ? -1 : 0;
      at = opens_bracket(token) ? skip_brackets(at) : at + 1;
    }
    return at;
  }

  size_t skip_brackets(size_t at) const {
    int depth = 0;
    while (inside(at)) {
      depth += opens_bracket(tokens_[at]) ? 1 : closes_bracket(tokens_[at]) ? -1 : 0;
      ++at;
      if (depth == 0) break;
    }
    return at;
  }

  std::vector<Token> tokens_;
  SourceMap map_;
  int order_ = 0;
  int depth_ = 0;
};

}  // namespace

SourceMap map_source(const std::string& source) { return Mapper(source).run(); }

SourceMap map_function(const std::string& source, int line) { return Mapper(source).run_function(line); }

SourcePlace find_place(const SourceMap& map, const std::string& path) {
  std::string at = path;
  while (true) {
    const auto found = map.find(at);
    if (found != map.end()) return found->second;
    if (at.empty()) return {};
    const size_t cut = at.find_last_of(".[");
    at = cut == std::string::npos ? "" : at.substr(0, cut);
  }
}

}  // namespace engram::script
