// heads.json. The input is its text.
#include "model/heads_file.hpp"
#include "support/memory_file.hpp"
#include "support/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engram;
  static const fuzz::MemoryFolder folder;
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  const fuzz::AllocationLimit limit(size);
  model::HeadsFile heads;
  if (!fuzz::accepts([&] { heads = model::read_heads_file(file.path()); })) return 0;
  model::write_heads_file(folder.path() / "heads.json", heads);
  const model::HeadsFile again = model::read_heads_file(folder.path() / "heads.json");
  fuzz::require(again.primary == heads.primary && again.others.size() == heads.others.size(),
                "read again, it is the same");
  return 0;
}
