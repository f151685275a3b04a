// What the terminal at hand can show.
#pragma once

#include <string>
#include <string_view>

namespace engram::report {

// normal: everything. quiet: only the final lines. json: one JSON object per line, nothing else.
enum class Mode { normal, quiet, json };

enum class Colour { none, good, bad, dim, strong };

struct Style {
  Mode mode = Mode::normal;
  bool live = false;  // a terminal whose last line may be redrawn
  bool colour = false;
  bool unicode = false;
  int width = 80;  // columns, 40 at least

  std::string paint(Colour colour, std::string_view text) const;
};

// Reads the environment (NO_COLOR, TERM, LC_ALL, LC_CTYPE, LANG, COLUMNS) and asks the system about standard output.
Style detect_style(Mode mode);

// Columns that UTF-8 text takes (one per code point; engram prints no wide or combining characters of its own).
size_t columns(std::string_view text);
// Padded with blanks to `width` columns; longer text stays whole.
std::string pad_right(std::string_view text, size_t width);
std::string pad_left(std::string_view text, size_t width);
// Cut to `width` columns, ending in "..." where something is missing.
std::string cut(std::string_view text, size_t width);
// Lines of at most `width` columns, broken at blanks, each after the first indented; a longer word stays whole.
std::string wrap(std::string_view text, size_t width, size_t indent);

}  // namespace engram::report
