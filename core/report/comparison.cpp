#include "report/comparison.hpp"

#include <algorithm>
#include <functional>

#include "base/text.hpp"
#include "report/format.hpp"
#include "report/summary_json.hpp"

namespace engram::report {
namespace {

constexpr size_t kLabelWidth = 22;

// The first measure of a set stands for it.
std::vector<const EvaluationRow*> leading_rows(const RunSummary& run) {
  std::vector<const EvaluationRow*> leading;
  for (const EvaluationRow& row : run.rows) {
    const bool seen = std::any_of(leading.begin(), leading.end(), [&](auto* other) { return other->set == row.set; });
    if (!seen) leading.push_back(&row);
  }
  return leading;
}

const EvaluationRow* first_of(const RunSummary& run, Role role) {
  const auto found = std::find_if(run.rows.begin(), run.rows.end(), [&](auto& row) { return row.role == role; });
  return found == run.rows.end() ? nullptr : &*found;
}

const EvaluationRow* same_row(const RunSummary& run, const EvaluationRow& wanted) {
  const auto found = std::find_if(run.rows.begin(), run.rows.end(), [&](auto& row) {
    return row.set == wanted.set && row.role == wanted.role && row.metric == wanted.metric;
  });
  return found == run.rows.end() ? nullptr : &*found;
}

std::string name_of(const RunSummary& run) {
  const size_t slash = run.run_folder.find_last_of('/');
  return slash == std::string::npos ? run.run_folder : run.run_folder.substr(slash + 1);
}

struct Cell {
  std::string text;
  Colour colour = Colour::none;
};

struct Line {
  std::string label;
  std::vector<Cell> cells;  // one a run; none: a heading
};

using CellOf = std::function<Cell(const RunSummary&)>;

Line line_of(std::string label, const std::vector<RunSummary>& runs, const CellOf& cell) {
  Line line{std::move(label), {}};
  for (const RunSummary& run : runs) line.cells.push_back(cell(run));
  return line;
}

Cell row_cell(const RunSummary& run, const EvaluationRow& wanted,
              const std::function<Cell(const EvaluationRow&)>& cell) {
  const EvaluationRow* row = same_row(run, wanted);
  return row == nullptr ? Cell{"-"} : cell(*row);
}

// The measures of a set that recipes define, each once.
std::vector<const EvaluationRow*> own_rows(const std::string& set, const std::vector<RunSummary>& runs) {
  std::vector<const EvaluationRow*> own;
  for (const RunSummary& run : runs) {
    for (const EvaluationRow& row : run.rows) {
      const bool counts = row.set == set && row.unit == Unit::plain && row.metric != "drift";
      const bool seen = std::any_of(own.begin(), own.end(), [&](auto* other) { return other->metric == row.metric; });
      if (counts && !seen) own.push_back(&row);
    }
  }
  return own;
}

void add_set(std::vector<Line>& lines, const EvaluationRow& row, const std::vector<RunSummary>& runs) {
  using CellOfRow = std::function<Cell(const EvaluationRow&)>;
  lines.push_back({role_label(row.role) + ": " + row.set + ", " + metric_label(row.metric), {}});
  const auto add_row = [&](const std::string& label, const EvaluationRow& wanted, const CellOfRow& cell) {
    lines.push_back(line_of(label, runs, [&](const RunSummary& run) { return row_cell(run, wanted, cell); }));
  };
  const auto add = [&](const char* label, const CellOfRow& cell) { add_row(label, row, cell); };
  add("  before", [](auto& r) { return Cell{value_text(r.unit, r.baseline)}; });
  add("  after", [](auto& r) { return Cell{value_text(r.unit, r.now)}; });
  if (row.role == Role::new_task) {
    add("  learned", [](auto& r) { return Cell{change_text(r.unit, r.change), change_colour(r, r.change)}; });
  } else {
    add("  change", [](auto& r) { return Cell{change_text(r.unit, r.change), change_colour(r, r.change)}; });
    add("  kept", [](auto& r) {
      return r.retained
                 ? Cell{text::fixed(100 * *r.retained, 1) + " %", *r.retained < 0.995 ? Colour::bad : Colour::good}
                 : Cell{"-"};
    });
  }
  for (const EvaluationRow* own : own_rows(row.set, runs)) {
    add_row("  " + cut(metric_label(own->metric), kLabelWidth - 2), *own, [](auto& r) {
      return Cell{value_text(r.unit, r.now), change_colour(r, r.change)};
    });
  }
}

Cell crossover_cell(const RunSummary& run) {
  if (run.original_waived) return {"-"};
  return {run.marginal_crossover ? "step " + text::fixed(run.marginal_crossover->step, 0) : "none"};
}

std::vector<Line> table_lines(const std::vector<RunSummary>& runs) {
  std::vector<Line> lines;
  std::vector<const EvaluationRow*> sets;
  for (Role role : {Role::new_task, Role::original_task}) {
    for (const RunSummary& run : runs) {
      for (const EvaluationRow* row : leading_rows(run)) {
        const bool seen = std::any_of(sets.begin(), sets.end(), [&](auto* other) {
          return other->set == row->set && other->role == row->role && other->metric == row->metric;
        });
        if (row->role == role && !seen) sets.push_back(row);
      }
    }
  }
  for (const EvaluationRow* row : sets) add_set(lines, *row, runs);
  lines.push_back({"the run", {}});
  const auto add = [&](const char* label, const CellOf& cell) { lines.push_back(line_of(label, runs, cell)); };
  add("  strategies", [](auto& r) { return Cell{r.strategies.empty() ? "none" : text::join(r.strategies, "+")}; });
  add("  score", [](auto& r) { return Cell{r.chosen ? text::fixed(r.chosen->score, 4) : "-"}; });
  add("  trainable", [](auto& r) { return Cell{text::thousands(r.trainable)}; });
  add("  kept step", [](auto& r) { return Cell{r.chosen ? std::to_string(r.chosen->step) : "-"}; });
  add("  steps done", [](auto& r) { return Cell{std::to_string(r.steps_done) + " of " + std::to_string(r.steps)}; });
  add("  crossover", crossover_cell);
  add("  training time", [](auto& r) { return Cell{text::duration(r.training_seconds)}; });
  add("  ended by", [](auto& r) { return Cell{std::string(word(r.ending))}; });
  return lines;
}

std::string render(const std::vector<Line>& lines, const std::vector<std::string>& names, size_t first, size_t last,
                   const std::vector<size_t>& widths, const Style& style) {
  std::string text = "  " + std::string(kLabelWidth, ' ');
  for (size_t run = first; run < last; ++run)
    text += "  " + style.paint(Colour::strong, pad_left(names[run], widths[run]));
  text += "\n";
  for (const Line& line : lines) {
    text += "  " + (line.cells.empty() ? line.label : style.paint(Colour::dim, pad_right(line.label, kLabelWidth)));
    for (size_t run = first; !line.cells.empty() && run < last; ++run) {
      text += "  " + style.paint(line.cells[run].colour, pad_left(line.cells[run].text, widths[run]));
    }
    text += "\n";
  }
  return text;
}

// The largest by `value` when it is ahead of all others by more than what prints as a difference.
struct Leader {
  const RunSummary* run = nullptr;
  double ahead = 0;
};
Leader leader(const std::vector<RunSummary>& runs, const std::function<double(const RunSummary&)>& value) {
  const RunSummary* best = &runs.front();
  for (const RunSummary& run : runs) {
    if (value(run) > value(*best)) best = &run;
  }
  double next = -1e300;
  for (const RunSummary& run : runs) {
    if (&run != best) next = std::max(next, value(run));
  }
  return {best, value(*best) - next};
}

double goodness(const EvaluationRow& row, double value) { return larger_is_better(row) ? value : -value; }

bool draws(const EvaluationRow& row, double ahead) { return change_colour(row, ahead) == Colour::none; }

}  // namespace

std::string comparison(const std::vector<RunSummary>& runs, const Style& style) {
  const std::vector<Line> lines = table_lines(runs);
  std::vector<std::string> names;
  std::vector<size_t> widths;
  for (const RunSummary& run : runs) {
    names.push_back(name_of(run));
    widths.push_back(columns(names.back()));
    for (const Line& line : lines) {
      if (!line.cells.empty()) widths.back() = std::max(widths.back(), columns(line.cells[widths.size() - 1].text));
    }
  }
  std::string text = "\n";
  for (size_t first = 0; first < runs.size();) {
    size_t last = first, used = 2 + kLabelWidth;
    while (last < runs.size() && (last == first || used + 2 + widths[last] <= static_cast<size_t>(style.width))) {
      used += 2 + widths[last++];
    }
    text += render(lines, names, first, last, widths, style) + "\n";
    first = last;
  }
  return text + "  " + wrap(verdict(runs), static_cast<size_t>(style.width) - 2, 2) + "\n";
}

std::string verdict(const std::vector<RunSummary>& runs) {
  for (const RunSummary& run : runs) {
    if (first_of(run, Role::new_task) == nullptr) return name_of(run) + " scored no new task, so there is no verdict.";
    if (first_of(run, Role::original_task) == nullptr) {
      return name_of(run) + " scored no original task, so what it forgot is not known.";
    }
  }
  const EvaluationRow& fresh = *first_of(runs.front(), Role::new_task);
  const EvaluationRow& original = *first_of(runs.front(), Role::original_task);
  for (const RunSummary& run : runs) {
    if (same_row(run, fresh) == nullptr || same_row(run, original) == nullptr) {
      return name_of(run) + " was scored by other measures than " + name_of(runs.front()) + ", so there is no verdict.";
    }
  }
  const Leader learned = leader(runs, [&](auto& run) { return goodness(fresh, same_row(run, fresh)->now); });
  const Leader kept = leader(runs, [&](auto& run) { return goodness(original, same_row(run, original)->change); });
  const bool learned_level = draws(fresh, learned.ahead), kept_level = draws(original, kept.ahead);
  const std::string by_learning = amount_text(fresh.unit, learned.ahead),
                    by_keeping = amount_text(original.unit, kept.ahead);
  if (learned_level && kept_level) return "Level on both tasks.";
  if (kept_level)
    return name_of(*learned.run) + " learned the new task better by " + by_learning + "; level on the original task.";
  if (learned_level)
    return name_of(*kept.run) + " kept " + by_keeping + " more of the original task; level on the new task.";
  if (learned.run == kept.run) {
    return name_of(*kept.run) + " is better at both: by " + by_learning + " on the new task and by " + by_keeping +
           " on the original task.";
  }
  return name_of(*learned.run) + " learned the new task better by " + by_learning + "; " + name_of(*kept.run) +
         " kept " + by_keeping + " more of the original task.";
}

}  // namespace engram::report
