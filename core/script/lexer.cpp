#include "script/lexer.hpp"

#include <algorithm>
#include <cctype>

namespace engram::script {
namespace {

bool name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool name_part(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

class Lexer {
 public:
  explicit Lexer(const std::string& source) : source_(source) {}

  std::vector<Token> run() {
    if (peek() == '#') skip_line();
    while (at_ < source_.size()) step();
    return std::move(tokens_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }

  void step() {
    const char c = peek();
    if (c == '\n') {
      ++line_;
      ++at_;
    } else if (c == '-' && peek(1) == '-') {
      comment();
    } else if (c == '"' || c == '\'') {
      quoted(c);
    } else if (c == '[' && long_level() >= 0) {
      const int line = line_;
      add(Token::Kind::string, long_bracket(), line);
    } else if (name_start(c)) {
      take(Token::Kind::name, name_part);
    } else if (digit(c) || (c == '.' && digit(peek(1)))) {
      number();
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at_;
    } else {
      symbol();
    }
  }

  void add(Token::Kind kind, std::string text, int line) { tokens_.push_back({kind, std::move(text), line}); }

  template <class Part>
  void take(Token::Kind kind, Part part) {
    const size_t start = at_;
    while (at_ < source_.size() && part(source_[at_])) ++at_;
    add(kind, source_.substr(start, at_ - start), line_);
  }

  // 0x1p-4, 1e+5, 3.5: a sign belongs to the number after an exponent's letter.
  void number() {
    const size_t start = at_;
    while (at_ < source_.size()) {
      const char c = source_[at_];
      const char last =
          at_ > start ? static_cast<char>(std::tolower(static_cast<unsigned char>(source_[at_ - 1]))) : ' ';
      const bool sign = (c == '+' || c == '-') && (last == 'e' || last == 'p');
      if (!name_part(c) && c != '.' && !sign) break;
      ++at_;
    }
    add(Token::Kind::number, source_.substr(start, at_ - start), line_);
  }

  // `==` and its kin are one token, so that `=` alone is an assignment.
  void symbol() {
    const std::string two = source_.substr(at_, 2);
    const bool pair = two == "==" || two == "~=" || two == "<=" || two == ">=" || two == "::";
    add(Token::Kind::symbol, pair ? two : source_.substr(at_, 1), line_);
    at_ += pair ? 2 : 1;
  }

  void skip_line() { at_ = std::min(source_.find('\n', at_), source_.size()); }

  void comment() {
    at_ += 2;
    if (peek() == '[' && long_level() >= 0) {
      long_bracket();
    } else {
      skip_line();
    }
  }

  // The number of '=' of an opening long bracket here, or -1.
  int long_level() const {
    size_t ahead = 1;
    while (peek(ahead) == '=') ++ahead;
    return peek(ahead) == '[' ? static_cast<int>(ahead) - 1 : -1;
  }

  std::string long_bracket() {
    const auto level = static_cast<size_t>(long_level());
    const std::string closing = "]" + std::string(level, '=') + "]";
    const size_t start = at_ + level + 2;
    const size_t end = std::min(source_.find(closing, start), source_.size());
    const std::string text = source_.substr(start, end - start);
    line_ += static_cast<int>(std::count(text.begin(), text.end(), '\n'));
    at_ = std::min(end + closing.size(), source_.size());
    return text;
  }

  void quoted(char quote) {
    const int line = line_;
    std::string text;
    ++at_;
    while (at_ < source_.size() && source_[at_] != quote) {
      if (source_[at_] == '\\') ++at_;
      if (peek() == '\n') ++line_;
      text += peek();
      ++at_;
    }
    add(Token::Kind::string, std::move(text), line);
    ++at_;
  }

  const std::string& source_;
  size_t at_ = 0;
  int line_ = 1;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(const std::string& source) { return Lexer(source).run(); }

}  // namespace engram::script
