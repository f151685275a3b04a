#include "run/grid.hpp"

#include <cctype>
#include <set>

#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "report/grid_table.hpp"

namespace engram::run {
namespace {

using script::GridPoint;
using script::RecipeScript;

// A point's name as a folder's.
std::string folder_name(const std::string& point) {
  std::string name = point;
  for (char& c : name) c = c == '/' || c == '\\' || std::iscntrl(static_cast<unsigned char>(c)) != 0 ? '_' : c;
  return name;
}

std::vector<report::GridRow> rows_of(const std::vector<GridPoint>& points, const std::string& recipe) {
  std::vector<report::GridRow> rows;
  std::set<std::string> folders;
  for (const GridPoint& point : points) {
    rows.push_back({.point = point.name, .values = point.values, .folder = folder_name(point.name)});
    if (folders.insert(rows.back().folder).second) continue;
    throw RecipeError({.what = "two points of the grid would have the folder '" + rows.back().folder + "'",
                       .where = recipe,
                       .fix = "write the values of `over` so that they differ in more than '/'"});
  }
  return rows;
}

Sources source_of(const Sources& sources, const std::string& point) {
  Sources one = sources;
  one.point = point;
  return one;
}

// A fault that every point has is told once, before anything is made.
void refuse_hopeless(const Sources& sources, const std::vector<report::GridRow>& rows) {
  std::exception_ptr first;
  for (const report::GridRow& row : rows) {
    try {
      RecipeScript::load(sources.recipe, sources.overrides, sources.scripts, row.point);
      return;
    } catch (const Error&) {
      if (!first) first = std::current_exception();
    }
  }
  std::rethrow_exception(first);
}

void write_records(const std::filesystem::path& folder, const Json& recipe, const std::vector<report::GridRow>& rows) {
  Json grid = {{"format", 1}};
  grid.update(recipe);
  grid["points"] = report::grid_json(rows);
  write_file_atomically(folder / "grid.json", grid.dump(2) + "\n");
  write_file_atomically(folder / "table.csv", report::grid_csv(rows));
}

// What earlier sittings came to, so that the records keep it while this one works on the first points. What cannot be
// read is found out when its point's turn comes.
void recall(const std::filesystem::path& folder, std::vector<report::GridRow>& rows) {
  const Json grid = read_json(folder / "grid.json");
  for (report::GridRow& row : rows) {
    for (const Json& point : grid.value("points", Json::array())) {
      if (!point.is_object() || point.value("point", Json()) != row.point) continue;
      const Json code = point.value("exit_code", Json()), error = point.value("error", Json());
      if (code.is_number_integer()) row.exit_code = code.get<int>();
      if (error.is_string()) row.error = error.get<std::string>();
    }
    try {
      row.summary = summary_in(folder / row.folder);
    } catch (const Error&) {
      row.exit_code.reset();
    }
  }
}

void show(const std::vector<report::GridRow>& rows, const Console& console) {
  if (console.style.mode == report::Mode::json) {
    console.out << Json{{"event", "grid"}, {"points", report::grid_json(rows)}}.dump() << "\n" << std::flush;
  } else {
    console.out << report::grid_text(rows, console.style) << std::flush;
  }
}

}  // namespace

ExitCode run_grid(const Sources& sources, const SeriesOptions& options, const Console& console) {
  std::vector<report::GridRow> rows = rows_of(RecipeScript::points(sources.recipe, sources.scripts), sources.recipe);
  refuse_hopeless(sources, rows);
  const Json recipe = recipe_record(sources);
  Series series(options, std::filesystem::path(sources.recipe).stem().string(), console,
                [&](const std::filesystem::path& folder) { write_records(folder, recipe, rows); });
  if (!options.resume.empty()) recall(series.folder(), rows);
  ExitCode worst = ExitCode::done;
  for (size_t i = 0; i < rows.size(); ++i) {
    series.note("point " + std::to_string(i + 1) + " of " + std::to_string(rows.size()) + ": " + rows[i].point);
    const Outcome outcome = series.run(source_of(sources, rows[i].point), rows[i].folder);
    const bool ran = outcome.exit_code != ExitCode::interrupted || outcome.summary;
    if (ran) rows[i].exit_code = static_cast<int>(outcome.exit_code);
    rows[i].summary = outcome.summary;
    rows[i].error = outcome.error;
    write_records(series.folder(), recipe, rows);
    worst = worse(worst, outcome.exit_code);
    // A signal between two points: those that follow are not begun.
    if (interrupt::requested() && i + 1 < rows.size()) worst = ExitCode::interrupted;
    if (worst == ExitCode::interrupted) break;
  }
  if (worst == ExitCode::refused) series.discard();
  if (!std::filesystem::exists(series.folder())) return worst;
  show(rows, console);
  series.note("table.csv and grid.json are in " + series.folder().string());
  if (worst == ExitCode::interrupted) {
    series.note("engram run --resume " + series.folder().string() + "  go on where this stopped");
  }
  return worst;
}

}  // namespace engram::run
