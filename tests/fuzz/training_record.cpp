// training_state.json of a checkpoint that a run goes on from. The input is its text.
#include "checkpoint/training_record.hpp"

#include "support/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engram;
  const std::string text(fuzz::text_of(data, size));
  const fuzz::AllocationLimit limit(size);
  std::vector<checkpoint::StrategyRecord> strategies, again;
  checkpoint::TrainingRecord record;
  if (!fuzz::accepts([&] { record = checkpoint::record_from_json(parse_json(text, "state"), "state", strategies); })) {
    return 0;
  }
  const recipe::History& history = record.history;
  fuzz::require(history.best == 0 || history.best < history.evaluations.size(), "the best evaluation is one of them");
  fuzz::require(record.step >= 0 && record.rate_cut > 0, "a run can go on from what is accepted");
  const std::string written = checkpoint::to_json(record, strategies).dump();
  const auto reread = checkpoint::record_from_json(parse_json(written, "again"), "again", again);
  fuzz::require(checkpoint::to_json(reread, again).dump() == written, "read again, it is the same");
  return 0;
}
