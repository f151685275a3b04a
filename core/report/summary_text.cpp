#include "base/text.hpp"
#include "report/format.hpp"
#include "report/run_text.hpp"

namespace engram::report {
namespace {

constexpr size_t kLabelWidth = 12;
constexpr size_t kIndent = 2 + kLabelWidth;

std::string line(std::string_view label, std::string_view text, const Style& style) {
  return "  " + style.paint(Colour::dim, pad_right(label, kLabelWidth)) +
         wrap(text, static_cast<size_t>(style.width) - kIndent, kIndent) + "\n";
}

std::string reached(const RunSummary& summary) {
  return "step " + std::to_string(summary.steps_done) + " of " + std::to_string(summary.steps);
}

std::string ending(const RunSummary& summary) {
  const std::string because = summary.reason.empty() ? "" : ": " + summary.reason;
  switch (summary.ending) {
    case Ending::all_steps: return "Finished all " + std::to_string(summary.steps) + " steps" + because;
    case Ending::stop_rule: return "Stopped at " + reached(summary) + because;
    case Ending::budget_not_met: return "Forgetting budget not met, " + reached(summary) + because;
    case Ending::interrupted: return "Interrupted at " + reached(summary) + ", the state is saved" + because;
    case Ending::out_of_time: return "Out of time at " + reached(summary) + ", the state is saved" + because;
    case Ending::failed: return "Failed at " + reached(summary) + ", what was saved before is kept" + because;
  }
  return "";
}

Colour ending_colour(Ending ending) {
  return ending == Ending::budget_not_met || ending == Ending::failed ? Colour::bad : Colour::strong;
}

std::string crossover_lines(const RunSummary& summary, const Style& style) {
  if (summary.original_waived) {
    return line("crossover", "not looked for: the recipe waives the original task", style);
  }
  const std::string marginal =
      summary.marginal_crossover
          ? point_text(*summary.marginal_crossover) + ": from here a step cost the original task more than it taught"
          : "none: no step cost the original task more than it taught";
  std::string lines = line("crossover", marginal, style);
  if (summary.level_crossover) {
    lines += line("", point_text(*summary.level_crossover) + ": the share kept fell below the share learned", style);
  }
  return lines;
}

std::string kept_lines(const RunSummary& summary, const Style& style) {
  if (!summary.chosen) return line("kept", "no checkpoint", style);
  const ChosenCheckpoint& chosen = *summary.chosen;
  const RunPoint at{static_cast<double>(chosen.step), chosen.epoch};
  const std::string what = chosen.label.empty() ? point_text(at) : point_text(at) + ", " + chosen.label;
  const std::string nothing =
      "no checkpoint: the model as it began scored best, and every evaluation after step 0 scored less or was refused. "
      "Train longer or at a higher rate, or look at what score takes off";
  return line("kept",
              what + ", score " + text::fixed(chosen.score, 4) + ", the best of " + std::to_string(chosen.among) +
                  (chosen.among == 1 ? " evaluation" : " evaluations"),
              style) +
         line("", chosen.folder.empty() ? nothing : chosen.folder, style);
}

std::string took(const RunSummary& summary) {
  std::string text = text::duration(summary.total_seconds) + " in all: " + text::duration(summary.training_seconds) +
                     " training, " + text::duration(summary.evaluation_seconds) + " evaluating, " +
                     text::duration(summary.preparing_seconds) + " preparing";
  if (summary.peak_bytes > 0) text += "; peak memory " + text::bytes(static_cast<uint64_t>(summary.peak_bytes));
  return text;
}

std::string next_lines(const RunSummary& summary, const Style& style) {
  std::string lines;
  for (const std::string& command : summary.next) {
    // A command is there to be copied: never wrapped.
    lines += "  " + style.paint(Colour::dim, pad_right(lines.empty() ? "next" : "", kLabelWidth)) + command + "\n";
  }
  return lines.empty() ? "" : "\n" + lines;
}

}  // namespace

std::string summary_text(const RunSummary& summary, const Style& style) {
  std::string text =
      "  " +
      style.paint(ending_colour(summary.ending), wrap(ending(summary), static_cast<size_t>(style.width) - 2, 2)) +
      "\n\n";
  if (!summary.rows.empty()) {
    const std::string what = summary.chosen ? "the checkpoint that is kept" : "the last evaluation";
    text += "  " + style.paint(Colour::strong, what) + "\n" + evaluation_table(summary.rows, TableColumns::all, style) +
            "\n";
  }
  text += crossover_lines(summary, style) + kept_lines(summary, style) + line("took", took(summary), style) +
          line("run folder", summary.run_folder, style);
  return text + next_lines(summary, style) + "\n";
}

}  // namespace engram::report
