// The event files of a run folder: events.jsonl, timing.jsonl, metrics.csv (schema: docs/run_folder.md).
//
// events.jsonl holds no clock value, so two equal runs write equal bytes; what the clock says goes to timing.jsonl.
// Every line is written in one call and so survives a crash of the process. Used from the loop's thread only.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "advisor/advice.hpp"
#include "base/json.hpp"
#include "report/line_file.hpp"
#include "report/views.hpp"

namespace engram::report {

// Seconds that never run backwards.
using Clock = std::function<double()>;
Clock steady_clock();

class EventLog {
 public:
  // Appends to the three files in `folder`, creating them and the folder. Throws InternalError (exit 6) naming the file
  // and the system's reason; so do all members.
  explicit EventLog(const std::filesystem::path& folder, Clock clock = steady_clock());

  void run_started(const RunHeader& header);
  // To timing.jsonl only: seconds from process start to the first completed optimizer step, evaluations not counted.
  void first_step(double seconds, double evaluation_seconds);
  void step(const StepProgress& progress);
  void evaluation(const EvaluationView& evaluation);
  // `what`: "best", "last", "rolled back", "interrupted"; `folder`: relative to the run folder.
  void checkpoint(int64_t step, std::string_view what, std::string_view folder);
  void warning(std::string_view text);
  void advice(const advisor::Advice& advice);
  // Training ended before its last step, or because of `reason`.
  void stopped(int64_t step, Ending ending, std::string_view reason);
  void finished(const RunSummary& summary);

  // Anything else: {"event": kind, ...fields}. `fields` is an object without clock values.
  void event(std::string_view kind, const Json& fields);
  // What concerns one sitting of the run and not what is computed: to timing.jsonl only.
  void sitting(std::string_view kind, const Json& fields);

  // Flushes the three files to the disk and returns how many bytes each has, by file name.
  std::map<std::string, int64_t> flushed_bytes() const;
  // Cuts the files back to such bytes. Throws DataError naming every file that is shorter; then nothing has been cut.
  void cut(const std::map<std::string, int64_t>& bytes);
  // Empties the files, as if nothing had been run.
  void begin_again();

 private:
  std::array<const LineFile*, 3> files() const { return {&events_, &timing_, &metrics_}; }
  void timing(std::string_view kind, Json fields);

  Clock clock_;
  double start_;
  LineFile events_;
  LineFile timing_;
  LineFile metrics_;
};

}  // namespace engram::report
