#include "checkpoint/peft_regex.hpp"

namespace engram::checkpoint {
namespace {

constexpr size_t kLongest = 2000;

#ifdef __GLIBCXX__
constexpr auto kSyntax = std::regex::ECMAScript | std::regex_constants::__polynomial;
#else
constexpr auto kSyntax = std::regex::ECMAScript;
#endif

}  // namespace

std::optional<std::regex> compiled(const std::string& expression) {
  if (expression.size() > kLongest) return {};
  try {
    return std::regex(expression, kSyntax);
  } catch (const std::regex_error&) {
    return {};
  }
}

}  // namespace engram::checkpoint
