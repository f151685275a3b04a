// training_state.json: where a run stands, but for its tensors. Read strictly, since what it says decides what is run
// and what is cut. Knows no torch, so that it can be fuzzed on its own.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "base/json.hpp"
#include "recipe/history.hpp"

namespace engram::checkpoint {

// A stop rule has ended training: a run that goes on from here has no step left.
struct Stopped {
  bool within_budget = true;
  std::string reason;
};

// A strategy's state beside its tensors.
struct StrategyRecord {
  std::string strategy;
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
};

struct TrainingRecord {
  int64_t step = 0;
  recipe::History history;
  int64_t evaluated_step = -1;  // the last step that was scored on the way to these weights
  bool accepted = false;        // saved at an evaluation that the stop rule did not refuse: may be rolled back to
  double rate_cut = 1;          // what roll-backs have left of the learning rate
  int64_t spikes = 0;           // so far, those that roll-backs undid too
  double seconds = 0;           // since the run began, over all its sittings; by the clock
  std::string what;             // as in its event: "last", "rolled back", "interrupted"
  // Bytes of the run's event files when it was saved, by name; its own event comes after them.
  std::map<std::string, int64_t> log_bytes;
  std::optional<Stopped> stopped;
  Json script;  // RecipeScript's state table
};

Json to_json(const TrainingRecord& record, const std::vector<StrategyRecord>& strategies);
// What another version of engram wrote: no damage.
struct OtherFormat : DataError {
  using DataError::DataError;
};
// Throws OtherFormat.
void require_format(const Json& json, const std::string& file);
// Throws DataError naming `file`: another format, what is missing, of another type or impossible.
TrainingRecord record_from_json(const Json& json, const std::string& file, std::vector<StrategyRecord>& strategies);

}  // namespace engram::checkpoint
