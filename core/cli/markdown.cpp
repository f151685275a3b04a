#include "cli/markdown.hpp"

#include "base/text.hpp"

namespace engram::cli {
namespace {

std::string row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + text::replaced(cell, "|", "\\|") + " |";
  return line + "\n";
}

constexpr const char* kOpen = "<!-- ";
constexpr const char* kClose = " -->";

bool is_part(const std::string& line) {
  return line.rfind(kOpen, 0) == 0 && line.size() > 9 && line.compare(line.size() - 4, 4, kClose) == 0;
}

}  // namespace

std::string code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }

std::string markdown_table(const std::vector<std::string>& heads, const std::vector<std::vector<std::string>>& rows) {
  std::string out = row(heads) + "|";
  for (size_t i = 0; i < heads.size(); ++i) out += "---|";
  out += "\n";
  for (const std::vector<std::string>& cells : rows) out += row(cells);
  return out;
}

std::string lua_block(const std::string& text) { return "```lua\n" + text + "\n```\n"; }

std::string filled(const std::string& text,
                   const std::function<std::string(const std::string& name, const std::string& argument)>& part) {
  std::string out;
  std::vector<std::string> lines = text::split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  for (const std::string& line : lines) {
    if (!is_part(line)) {
      out += line + "\n";
      continue;
    }
    const std::string inside = line.substr(5, line.size() - 9);
    const size_t colon = inside.find(": ");
    out += part(inside.substr(0, colon), colon == std::string::npos ? "" : inside.substr(colon + 2));
  }
  return out;
}

}  // namespace engram::cli
