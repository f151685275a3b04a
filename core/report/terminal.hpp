// What the user sees of a run, from the header to the last line.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "advisor/advice.hpp"
#include "report/events.hpp"
#include "report/style.hpp"
#include "report/views.hpp"

namespace engram::report {

// Writes to the stream it is given, so that tests read what a user would see. One thread.
class Terminal {
 public:
  Terminal(std::ostream& out, Style style, Clock clock = steady_clock());
  // Leaves the cursor on a line of its own.
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void header(const RunHeader& header);
  // What is going on while nothing else shows it: "scoring the untouched model". Live: replaced by what follows.
  // Otherwise a line, unless it would repeat the last one.
  void phase(std::string_view text);
  // Live: redraws the bar, ten times a second at most. Otherwise a line about every tenth of the run or every 30 s.
  void step(const StepProgress& progress);
  void evaluation(const EvaluationView& evaluation);
  void warning(std::string_view text);
  void advice(const advisor::Advice& advice);
  // A line between others, for instance what Ctrl-C has started. Not shown in quiet mode.
  void note(std::string_view text);
  // An event for which there is a line of text; readers of --json get its fields. Not shown in quiet mode.
  void event(std::string_view kind, const Json& fields, std::string_view text);
  void summary(const RunSummary& summary);

 private:
  void print(const std::string& text);
  void draw(const std::string& line);
  void clear_line();
  bool due(const StepProgress& progress);

  std::ostream& out_;
  Style style_;
  Clock clock_;
  double last_shown_ = 0;
  int64_t last_tenth_ = -1;
  bool drawn_ = false;
  std::string last_phase_;
};

}  // namespace engram::report
