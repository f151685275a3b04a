// The four kinds of error that engram reports, and the list that gathers all faults before refusing once.
//
// Library code never prints, aborts or exits: it throws one of these, and core/cli turns it into text and an exit code.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace engram {

// What the process returns to the shell (documented in docs/troubleshooting.md, executed by tests).
enum class ExitCode {
  done = 0,
  internal = 1,
  usage = 2,
  refused = 3,         // recipe, data, model or plugin refused, or a callback failed
  budget_not_met = 4,  // the forgetting budget was not met
  interrupted = 5,     // interrupted or out of time, checkpoint saved
  resources = 6,       // numbers, memory or disk failed, last good state kept
};

// One thing that is wrong. `where` is "file:line", "file:line, column x" or a path in the recipe; only `what` is
// compulsory.
struct Fault {
  std::string what;
  std::string where = {};
  std::string allowed = {};
  std::string fix = {};

  // "where: what (allowed: ...). Fix: ..." on one line, with the empty parts left out.
  std::string text() const;
};

class Error : public std::runtime_error {
 public:
  Error(std::vector<Fault> faults, ExitCode code);
  ~Error() override;
  const std::vector<Fault>& faults() const { return faults_; }
  ExitCode exit_code() const { return code_; }

 private:
  std::vector<Fault> faults_;
  ExitCode code_;
};

class RecipeError : public Error {
 public:
  explicit RecipeError(std::vector<Fault> faults) : Error(std::move(faults), ExitCode::refused) {}
  explicit RecipeError(Fault fault) : RecipeError(std::vector<Fault>{std::move(fault)}) {}
  ~RecipeError() override;
};

class PluginError : public Error {
 public:
  explicit PluginError(std::vector<Fault> faults) : Error(std::move(faults), ExitCode::refused) {}
  explicit PluginError(Fault fault) : PluginError(std::vector<Fault>{std::move(fault)}) {}
  ~PluginError() override;
};

// Data sets, tokenizers and model folders: everything that comes in from files that are not the recipe.
class DataError : public Error {
 public:
  explicit DataError(std::vector<Fault> faults) : Error(std::move(faults), ExitCode::refused) {}
  explicit DataError(Fault fault) : DataError(std::vector<Fault>{std::move(fault)}) {}
  ~DataError() override;
};

// A promise broken by engram itself (exit 1), or by the machine under it: numbers, memory, disk (exit 6).
class InternalError : public Error {
 public:
  explicit InternalError(Fault fault, ExitCode code = ExitCode::internal) : Error({std::move(fault)}, code) {}
  ~InternalError() override;
};

// Gathers faults, so that a user sees all of them at once.
class Faults {
 public:
  void add(Fault fault) { faults_.push_back(std::move(fault)); }
  void add(std::vector<Fault> faults);
  bool empty() const { return faults_.empty(); }
  size_t size() const { return faults_.size(); }
  const std::vector<Fault>& list() const { return faults_; }

  // Throws Kind with everything gathered; does nothing when there is nothing.
  template <class Kind>
  void raise() const {
    if (!faults_.empty()) throw Kind(faults_);
  }

 private:
  std::vector<Fault> faults_;
};

}  // namespace engram
