// result.json of a run. The input is its text.
#include "report/summary_json.hpp"
#include "support/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engram;
  const std::string text(fuzz::text_of(data, size));
  const fuzz::AllocationLimit limit(size);
  report::RunSummary summary;
  if (!fuzz::accepts([&] { summary = report::summary_from_json(parse_json(text, "result"), "result"); })) return 0;
  const Json written = report::to_json(summary);
  const report::RunSummary again = report::summary_from_json(parse_json(written.dump(), "result"), "result");
  fuzz::require(report::to_json(again).dump() == written.dump(), "read again, it is the same");
  return 0;
}
