#include <algorithm>

#include "base/text.hpp"
#include "report/format.hpp"
#include "report/run_text.hpp"

namespace engram::report {
namespace {

constexpr size_t kWidestBar = 30;
constexpr size_t kNarrowestBar = 8;

std::string rate(const StepProgress& progress) {
  return progress.learning_rates.empty() ? "" : "  lr " + rate_text(progress.learning_rates.front().second);
}

std::string speed(const StepProgress& progress) {
  return progress.samples_per_second > 0
             ? "  " + text::fixed(progress.samples_per_second, progress.samples_per_second < 10 ? 1 : 0) + " samples/s"
             : "";
}

std::string left(const StepProgress& progress) {
  return progress.seconds_left >= 0 ? "  " + text::duration(progress.seconds_left) + " left" : "";
}

std::string count(const StepProgress& progress) {
  const std::string steps = std::to_string(progress.steps);
  return pad_left(std::to_string(progress.step), steps.size()) + "/" + steps;
}

std::string bar(const StepProgress& progress, size_t width, const Style& style) {
  const double share =
      progress.steps > 0 ? static_cast<double>(progress.step) / static_cast<double>(progress.steps) : 0;
  const auto full = static_cast<size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width));
  if (!style.unicode) return "[" + std::string(full, '#') + std::string(width - full, '.') + "]";
  std::string done, open;
  for (size_t i = 0; i < width; ++i) (i < full ? done : open) += "\u2501";
  // Without colour the two halves need two shapes.
  if (!style.colour) {
    open.clear();
    for (size_t i = full; i < width; ++i) open += "\u254c";
  }
  return style.paint(Colour::good, done) + style.paint(Colour::dim, open);
}

}  // namespace

std::string progress_bar(const StepProgress& progress, const Style& style) {
  // What is least missed goes first when the line is too long.
  const std::vector<std::string> parts = {"  loss " + text::fixed(progress.loss, 3), left(progress), rate(progress),
                                          speed(progress)};
  const size_t frame = style.unicode ? 0 : 2;
  const size_t width = static_cast<size_t>(style.width) - 1;
  std::vector<bool> shown(parts.size(), false);
  size_t used = 4 + frame + columns(count(progress)) + kNarrowestBar;
  for (size_t i = 0; i < parts.size(); ++i) {
    shown[i] = used + columns(parts[i]) <= width;
    if (shown[i]) used += columns(parts[i]);
  }
  const size_t bar_width = std::min(kWidestBar, kNarrowestBar + (used < width ? width - used : 0));
  std::string line = "  " + bar(progress, bar_width, style) + "  " + count(progress);
  for (size_t i : {0, 2, 3, 1}) line += shown[i] ? parts[i] : "";
  return line;
}

std::string progress_line(const StepProgress& progress) {
  return "  step " + count(progress) + "  epoch " + text::fixed(progress.epoch, 2) + "  loss " +
         text::fixed(progress.loss, 3) + rate(progress) + speed(progress) + left(progress);
}

}  // namespace engram::report
