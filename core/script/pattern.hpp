// Lua patterns, matched step by step under a budget.
//
// The language is that of the Lua 5.1 manual (section 5.4.1) with %f: character classes, sets, captures, position
// captures, back references, %b, and the repetitions * + - ?.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace engram::script {

// A malformed pattern, or one that nests too deeply.
class PatternError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Capture {
  size_t start = 0;
  size_t size = 0;
  bool is_position = false;  // "()": captures where it stands
};

struct Match {
  size_t start = 0;
  size_t end = 0;  // one past the last byte
  std::vector<Capture> captures;
};

class PatternMatcher {
 public:
  // `pattern` without a leading '^'. `charge` is called now and then with the steps taken since; it may not return.
  PatternMatcher(std::string_view text, std::string_view pattern, std::function<void(int64_t)> charge);

  // Matches at exactly this start. Throws PatternError.
  bool match_at(size_t start, Match& match);

 private:
  static constexpr size_t kNoMatch = static_cast<size_t>(-1);

  size_t match(size_t at, size_t rule);
  size_t open_capture(size_t at, size_t rule);
  size_t close_capture(size_t at, size_t rule);
  size_t balanced(size_t at, size_t rule);
  size_t frontier(size_t at, size_t rule);
  size_t back_reference(size_t at, size_t rule);
  size_t single(size_t at, size_t rule, size_t end);
  size_t longest(size_t at, size_t rule, size_t end);
  size_t shortest(size_t at, size_t rule, size_t end);
  size_t item_end(size_t rule) const;
  bool matches_item(size_t at, size_t rule, size_t end) const;
  bool matches_set(unsigned char c, size_t rule, size_t end) const;
  void step();

  std::string_view text_;
  std::string_view pattern_;
  std::function<void(int64_t)> charge_;
  std::vector<Capture> captures_;
  std::vector<bool> open_;
  int64_t steps_ = 0;
  int depth_ = 0;
};

}  // namespace engram::script
