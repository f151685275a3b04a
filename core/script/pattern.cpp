#include "script/pattern.hpp"

#include <cctype>

namespace engram::script {
namespace {

constexpr int kDeepest = 2000;
constexpr size_t kMostCaptures = 32;
constexpr int64_t kChargeEvery = 256;
constexpr int64_t kStepsPerStep = 3;  // a step here takes about as long as three interpreted instructions

unsigned char byte(char c) { return static_cast<unsigned char>(c); }

// %a, %D and so on; any other letter stands for itself.
bool matches_class(unsigned char c, unsigned char name) {
  bool result = false;
  switch (std::tolower(name)) {
    case 'a': result = std::isalpha(c) != 0; break;
    case 'c': result = std::iscntrl(c) != 0; break;
    case 'd': result = std::isdigit(c) != 0; break;
    case 'l': result = std::islower(c) != 0; break;
    case 'p': result = std::ispunct(c) != 0; break;
    case 's': result = std::isspace(c) != 0; break;
    case 'u': result = std::isupper(c) != 0; break;
    case 'w': result = std::isalnum(c) != 0; break;
    case 'x': result = std::isxdigit(c) != 0; break;
    case 'z': result = c == 0; break;
    default: return name == c;
  }
  return std::isupper(name) != 0 ? !result : result;
}

}  // namespace

PatternMatcher::PatternMatcher(std::string_view text, std::string_view pattern, std::function<void(int64_t)> charge)
    : text_(text), pattern_(pattern), charge_(std::move(charge)) {}

bool PatternMatcher::match_at(size_t start, Match& match_out) {
  captures_.clear();
  open_.clear();
  depth_ = 0;
  const size_t end = match(start, 0);
  if (end == kNoMatch) return false;
  for (const bool open : open_) {
    if (open) throw PatternError("malformed pattern: '(' without ')'");
  }
  match_out = {start, end, captures_};
  return true;
}

void PatternMatcher::step() {
  if (++steps_ < kChargeEvery) return;
  charge_(steps_ * kStepsPerStep);
  steps_ = 0;
}

// The end of the match of the pattern from `rule` on against the text from `at` on.
size_t PatternMatcher::match(size_t at, size_t rule) {
  if (++depth_ > kDeepest) throw PatternError("the pattern needs too many nested steps on this text");
  size_t result = kNoMatch;
  while (true) {
    step();
    if (rule == pattern_.size()) {
      result = at;
      break;
    }
    const char c = pattern_[rule];
    const char next = rule + 1 < pattern_.size() ? pattern_[rule + 1] : '\0';
    if (c == '(') {
      result = open_capture(at, rule);
      break;
    }
    if (c == ')') {
      result = close_capture(at, rule);
      break;
    }
    if (c == '$' && rule + 1 == pattern_.size()) {
      result = at == text_.size() ? at : kNoMatch;
      break;
    }
    if (c == '%' && (next == 'b' || next == 'f' || std::isdigit(byte(next)) != 0)) {
      result = next == 'b' ? balanced(at, rule) : next == 'f' ? frontier(at, rule) : back_reference(at, rule);
      break;
    }
    const size_t end = item_end(rule);
    const char repeat = end < pattern_.size() ? pattern_[end] : '\0';
    if (repeat == '*' || repeat == '+' || repeat == '-' || repeat == '?') {
      result = repeat == '-' ? shortest(at, rule, end) : repeat == '?' ? single(at, rule, end) : longest(at, rule, end);
      break;
    }
    if (!matches_item(at, rule, end)) break;
    ++at;
    rule = end;
  }
  --depth_;
  return result;
}

size_t PatternMatcher::open_capture(size_t at, size_t rule) {
  if (captures_.size() >= kMostCaptures) throw PatternError("the pattern has more than 32 captures");
  const bool position = rule + 1 < pattern_.size() && pattern_[rule + 1] == ')';
  captures_.push_back({at, 0, position});
  open_.push_back(!position);
  const size_t end = match(at, rule + (position ? 2 : 1));
  if (end == kNoMatch) {
    captures_.pop_back();
    open_.pop_back();
  }
  return end;
}

size_t PatternMatcher::close_capture(size_t at, size_t rule) {
  size_t level = open_.size();
  while (level > 0 && !open_[level - 1]) --level;
  if (level == 0) throw PatternError("malformed pattern: ')' without '('");
  captures_[level - 1].size = at - captures_[level - 1].start;
  open_[level - 1] = false;
  const size_t end = match(at, rule + 1);
  if (end == kNoMatch) open_[level - 1] = true;
  return end;
}

// %bxy: from x to the y that balances it.
size_t PatternMatcher::balanced(size_t at, size_t rule) {
  if (rule + 3 >= pattern_.size()) throw PatternError("malformed pattern: %b needs two characters");
  const char open = pattern_[rule + 2];
  const char close = pattern_[rule + 3];
  if (at >= text_.size() || text_[at] != open) return kNoMatch;
  int depth = 1;
  for (size_t i = at + 1; i < text_.size(); ++i) {
    step();
    if (text_[i] == close) {
      if (--depth == 0) return match(i + 1, rule + 4);
    } else if (text_[i] == open) {
      ++depth;
    }
  }
  return kNoMatch;
}

// %f[set]: between a character outside the set and one inside it; the text's ends count as '\0'.
size_t PatternMatcher::frontier(size_t at, size_t rule) {
  const size_t set = rule + 2;
  if (set >= pattern_.size() || pattern_[set] != '[') throw PatternError("malformed pattern: %f needs a set");
  const size_t end = item_end(set);
  const unsigned char before = at == 0 ? 0 : byte(text_[at - 1]);
  const unsigned char after = at < text_.size() ? byte(text_[at]) : 0;
  if (matches_set(before, set, end) || !matches_set(after, set, end)) return kNoMatch;
  return match(at, end);
}

size_t PatternMatcher::back_reference(size_t at, size_t rule) {
  const auto index = static_cast<size_t>(pattern_[rule + 1] - '1');
  if (pattern_[rule + 1] == '0' || index >= captures_.size() || open_[index] || captures_[index].is_position) {
    throw PatternError("malformed pattern: no capture %" + std::string(1, pattern_[rule + 1]));
  }
  const std::string_view captured = text_.substr(captures_[index].start, captures_[index].size);
  charge_(static_cast<int64_t>(captured.size() / 8) + 1);
  if (text_.substr(at, captured.size()) != captured) return kNoMatch;
  return match(at + captured.size(), rule + 2);
}

size_t PatternMatcher::single(size_t at, size_t rule, size_t end) {
  if (matches_item(at, rule, end)) {
    const size_t result = match(at + 1, end + 1);
    if (result != kNoMatch) return result;
  }
  return match(at, end + 1);
}

size_t PatternMatcher::longest(size_t at, size_t rule, size_t end) {
  size_t count = 0;
  for (; matches_item(at + count, rule, end); ++count) step();
  const size_t least = pattern_[end] == '+' ? 1 : 0;
  for (size_t taken = count + 1; taken-- > least;) {
    const size_t result = match(at + taken, end + 1);
    if (result != kNoMatch) return result;
  }
  return kNoMatch;
}

size_t PatternMatcher::shortest(size_t at, size_t rule, size_t end) {
  while (true) {
    const size_t result = match(at, end + 1);
    if (result != kNoMatch) return result;
    if (!matches_item(at, rule, end)) return kNoMatch;
    ++at;
  }
}

// One past the single-character item at `rule`: a character, a class, or a set.
size_t PatternMatcher::item_end(size_t rule) const {
  const char c = pattern_[rule];
  if (c == '%') {
    if (rule + 1 >= pattern_.size()) throw PatternError("malformed pattern: it ends with '%'");
    return rule + 2;
  }
  if (c != '[') return rule + 1;
  size_t at = rule + 1;
  if (at < pattern_.size() && pattern_[at] == '^') ++at;
  // A ']' right at the start belongs to the set.
  for (bool first = true; first || at >= pattern_.size() || pattern_[at] != ']'; first = false) {
    if (at >= pattern_.size()) throw PatternError("malformed pattern: '[' without ']'");
    at += pattern_[at] == '%' ? 2 : 1;
  }
  return at + 1;
}

bool PatternMatcher::matches_item(size_t at, size_t rule, size_t end) const {
  if (at >= text_.size()) return false;
  const unsigned char c = byte(text_[at]);
  switch (pattern_[rule]) {
    case '.': return true;
    case '%': return matches_class(c, byte(pattern_[rule + 1]));
    case '[': return matches_set(c, rule, end);
    default: return byte(pattern_[rule]) == c;
  }
}

bool PatternMatcher::matches_set(unsigned char c, size_t rule, size_t end) const {
  const size_t close = end - 1;
  size_t at = rule + 1;
  const bool negated = pattern_[at] == '^';
  if (negated) ++at;
  while (at < close) {
    if (pattern_[at] == '%') {
      if (matches_class(c, byte(pattern_[at + 1]))) return !negated;
      at += 2;
    } else if (at + 2 < close && pattern_[at + 1] == '-') {
      if (byte(pattern_[at]) <= c && c <= byte(pattern_[at + 2])) return !negated;
      at += 3;
    } else {
      if (byte(pattern_[at]) == c) return !negated;
      ++at;
    }
  }
  return negated;
}

}  // namespace engram::script
