#include <algorithm>

#include "base/text.hpp"
#include "report/format.hpp"

namespace engram::report {
namespace {

constexpr size_t kRoleWidth = 13;
constexpr size_t kValueWidth = 8;

struct Widths {
  size_t set = 0;
  size_t metric = 0;
};

Widths widths_of(const std::vector<EvaluationRow>& rows, const Style& style) {
  Widths widths;
  for (const EvaluationRow& row : rows) {
    widths.set = std::max(widths.set, columns(row.set));
    widths.metric = std::max(widths.metric, columns(metric_label(row.metric)));
  }
  // Beside the set's name stand 68 columns of role, metric, numbers and note.
  const size_t room = style.width > 80 ? static_cast<size_t>(style.width) - 68 : 12;
  widths.set = std::min(widths.set, room);
  return widths;
}

// "keeps 96 %": the one figure that says at a glance what the original task has lost.
std::string retained_note(const EvaluationRow& row, const Style& style) {
  if (!row.retained) return "";
  const std::string text = "keeps " + text::fixed(100 * *row.retained, 0) + " %";
  return "  " + style.paint(*row.retained < 0.995 ? Colour::bad : Colour::good, text);
}

std::string heading(const Widths& widths, TableColumns shown, const Style& style) {
  const std::string blank(2 + kRoleWidth + 2 + widths.set + 2 + widths.metric, ' ');
  std::string names = "  " + pad_left("baseline", kValueWidth);
  if (shown == TableColumns::all)
    names += "  " + pad_left("now", kValueWidth) + "  " + pad_left("change", kValueWidth - 1);
  return blank + style.paint(Colour::dim, names) + "\n";
}

std::string numbers(const EvaluationRow& row, TableColumns shown, const Style& style) {
  const std::string baseline = "  " + pad_left(value_text(row.unit, row.baseline), kValueWidth);
  if (shown == TableColumns::baseline) return baseline;
  const std::string change = pad_left(change_text(row.unit, row.change), kValueWidth - 1);
  return baseline + "  " + pad_left(value_text(row.unit, row.now), kValueWidth) + "  " +
         style.paint(change_colour(row, row.change), change);
}

// Rows of one role together and sets together, otherwise as given.
std::vector<const EvaluationRow*> grouped(const std::vector<EvaluationRow>& rows) {
  std::vector<const EvaluationRow*> ordered;
  for (Role role : {Role::new_task, Role::original_task}) {
    for (const EvaluationRow& first : rows) {
      const bool seen = std::any_of(ordered.begin(), ordered.end(), [&](const EvaluationRow* row) {
        return row->role == role && row->set == first.set;
      });
      if (first.role != role || seen) continue;
      for (const EvaluationRow& row : rows) {
        if (row.role == role && row.set == first.set) ordered.push_back(&row);
      }
    }
  }
  return ordered;
}

}  // namespace

std::string evaluation_table(const std::vector<EvaluationRow>& rows, TableColumns shown, const Style& style) {
  const Widths widths = widths_of(rows, style);
  std::string table = heading(widths, shown, style);
  const EvaluationRow* above = nullptr;
  for (const EvaluationRow* row : grouped(rows)) {
    const bool new_role = above == nullptr || above->role != row->role;
    const bool new_set = new_role || above->set != row->set;
    table += "  " + pad_right(new_role ? role_label(row->role) : "", kRoleWidth) + "  " +
             pad_right(new_set ? cut(row->set, widths.set) : "", widths.set) + "  " +
             pad_right(metric_label(row->metric), widths.metric) + numbers(*row, shown, style) +
             (new_set && shown == TableColumns::all ? retained_note(*row, style) : "") + "\n";
    above = row;
  }
  return table;
}

}  // namespace engram::report
