// A pull as it is shown: a bar on a terminal, else a line for each file, or JSON.
#pragma once

#include <chrono>
#include <string>

#include "hub/pull.hpp"

namespace engram::cli {

class PullProgress {
 public:
  // text: lines and bar on standard error, the snapshot's folder on standard output. json: one object a line on
  // standard output, nothing else.
  enum class Form { text, json };
  explicit PullProgress(Form form);
  ~PullProgress();

  void tell(const hub::Event& event);
  void end(const hub::Pulled& pulled);

 private:
  void text(const hub::Event& event);
  void draw(const hub::FileGrows& growth);
  void clear_line();

  using Clock = std::chrono::steady_clock;
  Form form_;
  bool live_ = false;  // standard error is a terminal
  bool drawn_ = false;
  Clock::time_point began_;
  Clock::time_point last_drawn_;
  uint64_t from_ = 0;  // bytes of the current file that were there before
};

}  // namespace engram::cli
