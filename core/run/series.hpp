// Several runs one after the other in one folder: the points of a grid, the links of a chain.
#pragma once

#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "base/errors.hpp"
#include "base/json.hpp"
#include "checkpoint/own_folder.hpp"
#include "report/style.hpp"
#include "report/views.hpp"
#include "run/preparation.hpp"

namespace engram::run {

// Where the runs of a series are shown.
struct Console {
  std::ostream& out;
  report::Style style;
  // Tells the user of an error that ended one run, and returns its exit code.
  std::function<ExitCode(const std::exception_ptr&)> tell;
};

struct SeriesOptions {
  std::filesystem::path out;          // empty: the next free runs/<name>-NNN
  std::filesystem::path resume;       // a folder of a series to go on with; then `out` is empty
  std::optional<double> max_seconds;  // of all runs together
};

// What became of one run.
struct Outcome {
  ExitCode exit_code = ExitCode::done;
  std::optional<report::RunSummary> summary;  // absent: it was refused before it began, or had no time to begin
  std::string error;                          // why it failed, on one line
};

// What a run that has come to an end, of any kind, says in its folder; empty: none has.
std::optional<report::RunSummary> summary_in(const std::filesystem::path& folder);

// The worse of two codes: done, budget not met, refused, resources, internal, interrupted.
ExitCode worse(ExitCode a, ExitCode b);

class Series {
 public:
  // Makes the folder, whole with what `records` writes, or goes on with one that is there; no other process may write
  // into it then. `console` is borrowed.
  Series(const SeriesOptions& options, const std::string& name, const Console& console,
         const checkpoint::OwnFolder::Fill& records);

  const std::filesystem::path& folder() const { return folder_.path(); }
  // Runs what is left of the run in the folder's `name`: all of it, the rest, or nothing when it ended before. Throws
  // nothing that a run may throw: that is told, and becomes the exit code.
  Outcome run(const Sources& sources, const std::string& name);
  // A line between the runs.
  void note(std::string_view text) const;
  // Takes the folder and its records away again when every run was refused before it began.
  void discard() const;

 private:
  std::optional<double> seconds_left() const;
  ExitCode go_on(const Sources& sources, const std::filesystem::path& folder);

  std::chrono::steady_clock::time_point started_;
  const Console& console_;
  std::optional<double> max_seconds_;
  checkpoint::OwnFolder folder_;
};

// What grid.json and chain.json record of a recipe, so that a series goes on with the same.
Json recipe_record(const Sources& sources);

}  // namespace engram::run
