#include "cli/recipe_page.hpp"

#include <algorithm>
#include <set>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "cli/markdown.hpp"
#include "recipe/advice_names.hpp"

namespace engram::cli {
namespace {

std::string shown_section(const recipe::Key& key) { return key.section().empty() ? "recipe" : key.section(); }

// Defaults that are values stand as code, those in words do not.
std::string absent_text(const recipe::Key& key) {
  if (key.compulsory) return "compulsory";
  const std::string& text = key.absent;
  const bool value = text.find(' ') == std::string::npos || (text.front() == '"' && text.back() == '"');
  const bool word = value && text.front() >= 'a' && text.front() <= 'z' && text != "true" && text != "false";
  return value && !word ? code(text) : text;
}

std::string keys_of(const std::string& section, const std::vector<recipe::Key>& keys) {
  std::vector<std::vector<std::string>> rows;
  for (const recipe::Key& key : keys) {
    if (shown_section(key) != section) continue;
    const std::string name = key.name() == "[1]" ? "(first entry)" : code(key.name());
    rows.push_back({name, key.allowed, absent_text(key), key.about, code(key.example)});
  }
  if (rows.empty()) {
    throw RecipeError(Fault{"the page asks for the keys of '" + section + "', which has none", "",
                            "the path of a section, such as train or data.<name>"});
  }
  return markdown_table({"key", "allowed", "without it", "meaning", "example"}, rows);
}

std::string advice_text() {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, about] : recipe::kAdvice) rows.push_back({code(name), about});
  return markdown_table({"name", "what it is about"}, rows);
}

}  // namespace

std::string recipe_page(const std::string& page, const std::vector<recipe::Key>& keys) {
  std::set<std::string> left;
  for (const recipe::Key& key : keys) left.insert(shown_section(key));
  const std::string text = filled(page, [&](const std::string& name, const std::string& section) {
    if (name == "advice") return advice_text();
    if (name != "keys") return "<!-- " + name + (section.empty() ? "" : ": " + section) + " -->\n";
    left.erase(section);
    return keys_of(section, keys);
  });
  if (left.empty()) return text;
  throw RecipeError(Fault{"the page leaves out the keys of " + text::join({left.begin(), left.end()}, ", "), "", "",
                          "add a line <!-- keys: " + *left.begin() + " -->"});
}

}  // namespace engram::cli
