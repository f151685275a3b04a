#include <algorithm>

#include "base/text.hpp"
#include "report/format.hpp"
#include "report/run_text.hpp"

namespace engram::report {
namespace {

constexpr size_t kLabelWidth = 12;
constexpr size_t kIndent = 2 + kLabelWidth;

// "  label       text", wrapped under the text.
std::string line(std::string_view label, std::string_view text, const Style& style) {
  const size_t room = static_cast<size_t>(style.width) - kIndent;
  return "  " + style.paint(Colour::dim, pad_right(label, kLabelWidth)) + wrap(text, room, kIndent) + "\n";
}

std::string strategy_lines(const RunHeader& header, const Style& style) {
  if (header.strategies.empty()) return line("strategies", "none: every parameter trains", style);
  size_t width = 0;
  for (const StrategyLine& strategy : header.strategies) width = std::max(width, columns(strategy.id));
  std::string lines;
  for (const StrategyLine& strategy : header.strategies) {
    const std::string label = lines.empty() ? "strategies" : "";
    lines += line(label, "", style);
    lines.pop_back();
    lines += pad_right(strategy.id, width) + "  " +
             wrap(strategy.summary, static_cast<size_t>(style.width) - kIndent - width - 2, kIndent + width + 2) + "\n";
  }
  return lines;
}

std::string data_lines(const RunHeader& header, const Style& style) {
  size_t name = 0, rows = 0;
  for (const DataLine& set : header.data) {
    name = std::max(name, columns(set.name));
    rows = std::max(rows, text::thousands(set.rows).size());
  }
  std::string lines;
  for (const DataLine& set : header.data) {
    const size_t used = kIndent + name + 2 + rows + 7;
    const std::string what = set.purpose + (set.note.empty() ? "" : "; " + set.note);
    lines += "  " + style.paint(Colour::dim, pad_right(lines.empty() ? "data" : "", kLabelWidth)) +
             pad_right(set.name, name) + "  " + pad_left(text::thousands(set.rows), rows) + " rows  " +
             wrap(what, std::max<size_t>(20, static_cast<size_t>(style.width) - std::min<size_t>(used, 60)), used) +
             "\n";
  }
  return lines;
}

std::string counted(double number, const char* one, const char* many) {
  return text::shortest(number) + " " + (number == 1 ? one : many);
}

}  // namespace

std::string header_text(const RunHeader& header, const Style& style) {
  std::string lines = "\n  " + style.paint(Colour::strong, "engram  " + header.recipe) + "\n\n";
  const std::string summary = header.model_summary.empty() ? "" : " (" + header.model_summary + ")";
  lines += line("model", header.model + summary, style);
  lines += line("trains", share_of_parameters(header.trainable, header.parameters), style);
  lines += strategy_lines(header, style);
  lines += data_lines(header, style);
  lines += line("schedule",
                counted(header.epochs, "epoch", "epochs") + ", " + text::thousands(header.steps) + " steps of " +
                    text::thousands(header.batch_size) + " examples, learning rate " +
                    text::shortest(header.learning_rate) + ", " + header.schedule,
                style);
  lines += line("score", header.score, style);
  lines += line("stops", header.stop, style);
  lines += line("runs on", header.device + ", " + header.precision + ", seed " + std::to_string(header.seed), style);
  lines += line("run folder", header.run_folder, style);
  return lines + "\n";
}

}  // namespace engram::report
