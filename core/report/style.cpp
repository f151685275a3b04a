#include "report/style.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace engram::report {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// POSIX order of precedence; asking the C library would mean changing the process's locale.
bool utf8_locale() {
  std::string locale;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (locale.empty()) locale = variable(name);
  }
  std::transform(locale.begin(), locale.end(), locale.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
}

int terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return std::atoi(variable("COLUMNS").c_str());
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string Style::paint(Colour wanted, std::string_view text) const {
  static constexpr const char* kCodes[] = {"", "\033[32m", "\033[31m", "\033[2m", "\033[1m"};
  if (!colour || wanted == Colour::none || text.empty()) return std::string(text);
  return kCodes[static_cast<int>(wanted)] + std::string(text) + "\033[0m";
}

Style detect_style(Mode mode) {
  Style style;
  style.mode = mode;
  style.unicode = utf8_locale();
  const std::string kind = variable("TERM");
  style.live = ::isatty(STDOUT_FILENO) == 1 && kind != "dumb" && !kind.empty();
  style.colour = style.live && variable("NO_COLOR").empty();
  // Redirected output reads best at the width of a page, whatever the window beside it is.
  const int width = style.live ? terminal_width() : 80;
  style.width = width <= 0 ? 80 : std::clamp(width, 40, 120);
  return style;
}

size_t columns(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues_character(c); }));
}

std::string pad_right(std::string_view text, size_t width) {
  return std::string(text) + std::string(width - std::min(width, columns(text)), ' ');
}

std::string pad_left(std::string_view text, size_t width) {
  return std::string(width - std::min(width, columns(text)), ' ') + std::string(text);
}

std::string cut(std::string_view text, size_t width) {
  if (columns(text) <= width) return std::string(text);
  const size_t keep = width < 3 ? 0 : width - 3;
  size_t end = 0;
  for (size_t seen = 0; end < text.size(); ++end) {
    if (!continues_character(text[end]) && seen++ == keep) break;
  }
  return std::string(text.substr(0, end)) + std::string(std::min<size_t>(width, 3), '.');
}

std::string wrap(std::string_view text, size_t width, size_t indent) {
  std::string lines;
  size_t used = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find(' ', start), text.size());
    const std::string_view word = text.substr(start, end - start);
    start = end + 1;
    if (word.empty()) continue;
    if (used > 0 && used + 1 + columns(word) > width) {
      lines += "\n" + std::string(indent, ' ');
      used = 0;
    }
    if (used > 0) lines += ' ';
    lines += word;
    used += columns(word) + (used > 0 ? 1 : 0);
  }
  return lines;
}

}  // namespace engram::report
