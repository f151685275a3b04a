#include "report/grid_table.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/csv.hpp"
#include "report/summary_json.hpp"

namespace engram::report {
namespace {

using Cells = std::map<std::string, std::string>;

// Measures of the checkpoint that is kept, by column.
Cells measures(const RunSummary& run) {
  Cells cells;
  for (const EvaluationRow& row : run.rows) {
    const std::string name = row.set + "." + row.metric;
    cells[name] = text::shortest(row.now);
    if (row.drop) cells[name + " drop"] = text::shortest(*row.drop);
  }
  return cells;
}

std::string ending_of(const GridRow& row) {
  if (row.summary) return std::string(word(row.summary->ending));
  return row.exit_code ? "refused" : "not run";
}

std::vector<std::string> axes_of(const std::vector<GridRow>& rows) {
  std::vector<std::string> axes;
  for (const GridRow& row : rows) {
    for (const auto& [axis, value] : row.values) {
      if (std::find(axes.begin(), axes.end(), axis) == axes.end()) axes.push_back(axis);
    }
  }
  return axes;
}

std::string value_of(const GridRow& row, const std::string& axis) {
  const auto found =
      std::find_if(row.values.begin(), row.values.end(), [&](auto& value) { return value.first == axis; });
  return found == row.values.end() ? "" : found->second;
}

const GridRow* best_of(const std::vector<GridRow>& rows) {
  const GridRow* best = nullptr;
  for (const GridRow& row : rows) {
    if (!row.summary || !row.summary->chosen) continue;
    if (best == nullptr || row.summary->chosen->score > best->summary->chosen->score) best = &row;
  }
  return best;
}

}  // namespace

std::string grid_csv(const std::vector<GridRow>& rows) {
  Cells names;  // sorted, so that the columns do not depend on which point ended first
  for (const GridRow& row : rows) {
    if (row.summary) names.merge(measures(*row.summary));
  }
  const std::vector<std::string> axes = axes_of(rows);
  std::vector<std::string> header = {"point"};
  header.insert(header.end(), axes.begin(), axes.end());
  header.insert(header.end(), {"ending", "exit_code", "steps_done", "score", "kept_step"});
  for (const auto& [name, unused] : names) header.push_back(name);
  std::string csv = csv_line(header) + "\n";
  for (const GridRow& row : rows) {
    std::vector<std::string> line = {row.point};
    for (const std::string& axis : axes) line.push_back(value_of(row, axis));
    const bool kept = row.summary && row.summary->chosen;
    line.insert(line.end(), {ending_of(row), row.exit_code ? std::to_string(*row.exit_code) : "",
                             row.summary ? std::to_string(row.summary->steps_done) : "",
                             kept ? text::shortest(row.summary->chosen->score) : "",
                             kept ? std::to_string(row.summary->chosen->step) : ""});
    Cells cells = row.summary ? measures(*row.summary) : Cells();
    for (const auto& [name, unused] : names) line.push_back(cells[name]);
    csv += csv_line(line) + "\n";
  }
  return csv;
}

Json grid_json(const std::vector<GridRow>& rows) {
  Json points = Json::array();
  for (const GridRow& row : rows) {
    Json values = Json::object();
    for (const auto& [axis, value] : row.values) values[axis] = value;
    const bool kept = row.summary && row.summary->chosen;
    points.push_back({{"point", row.point},
                      {"values", values},
                      {"folder", row.folder},
                      {"ending", ending_of(row)},
                      {"exit_code", row.exit_code ? Json(*row.exit_code) : Json(nullptr)},
                      {"score", kept ? Json(row.summary->chosen->score) : Json(nullptr)},
                      {"error", row.error.empty() ? Json(nullptr) : Json(row.error)}});
  }
  return points;
}

std::string grid_text(const std::vector<GridRow>& rows, const Style& style) {
  std::vector<RunSummary> finished;
  std::string lines;
  for (const GridRow& row : rows) {
    if (row.summary) finished.push_back(*row.summary);
    if (!row.exit_code) lines += "  " + row.point + " has not been run\n";
    if (!row.error.empty()) {
      lines += "  " + row.point + " failed: " + wrap(row.error, static_cast<size_t>(style.width) - 6, 4) + "\n";
    }
  }
  std::string text = finished.size() > 1 ? comparison(finished, style) : "";
  if (const GridRow* best = best_of(rows)) {
    text += "  largest score: " + best->point + ", " + text::fixed(best->summary->chosen->score, 4) + "\n";
  }
  return text + lines;
}

}  // namespace engram::report
