#include "site_patterns.hpp"

#include <optional>
#include <regex>

#include <engram/sdk/error.hpp>

namespace engram::sdk {
namespace {

constexpr const char* kAllLinear = "all-linear";

bool is_suffix(const std::string& name, const std::string& entry) {
  if (name == entry) return true;
  return name.size() > entry.size() && name[name.size() - entry.size() - 1] == '.' &&
         name.compare(name.size() - entry.size(), entry.size(), entry) == 0;
}

// Empty when the text is no valid expression.
std::optional<std::regex> compiled(const std::string& text) {
  try {
    return std::regex(text);
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

std::function<bool(const std::string&)> whole(std::regex expression) {
  return [expression = std::move(expression)](const std::string& name) { return std::regex_match(name, expression); };
}

SitePattern expression(const std::string& setting, const std::string& text) {
  std::optional<std::regex> found = compiled(text);
  if (found) return {text, whole(std::move(*found))};
  throw Error(setting + " is one string, '" + text + "', and no valid regular expression",
              "write a list such as { \"query\", \"value\" }, or correct the expression (ECMAScript syntax)");
}

}  // namespace

std::vector<SitePattern> site_patterns(const std::string& setting, const Setting& written) {
  if (const auto* one = std::get_if<std::string>(&written)) {
    if (*one == kAllLinear) return {{*one, [](const std::string&) { return true; }}};
    return {expression(setting, *one)};
  }
  const auto* list = std::get_if<std::vector<std::string>>(&written);
  if (list == nullptr) throw Error(setting + " must be a list of strings or one string");
  if (list->empty()) throw Error(setting + " is empty", "name at least one target, for instance \"query\"");
  std::vector<SitePattern> patterns;
  for (const std::string& entry : *list) {
    patterns.push_back({entry, [entry](const std::string& name) { return is_suffix(name, entry); }});
  }
  return patterns;
}

SitePattern ending_pattern(const std::string& setting, const std::string& text) {
  std::optional<std::regex> found = compiled("(?:.*\\.)?(?:" + text + ")");
  if (found && compiled(text)) return {text, whole(std::move(*found))};
  throw Error(setting + " has the key '" + text + "', which is no valid regular expression",
              "write a suffix of a site's name such as \"query\", or correct the expression (ECMAScript syntax)");
}

}  // namespace engram::sdk
