// provenance.json. The input is its text.
#include "checkpoint/provenance.hpp"
#include "support/memory_file.hpp"
#include "support/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engram;
  static const fuzz::MemoryFolder folder;
  folder.write(checkpoint::kProvenanceFile, fuzz::text_of(data, size));
  const fuzz::AllocationLimit limit(size);
  std::optional<checkpoint::Provenance> read;
  if (!fuzz::accepts([&] { read = checkpoint::read_provenance(folder.path()); })) return 0;
  fuzz::require(read.has_value(), "a file that is there is read");
  checkpoint::write_provenance(folder.path(), *read);
  const auto again = checkpoint::read_provenance(folder.path());
  fuzz::require(again->labels == read->labels && again->data == read->data && again->made == read->made,
                "read again, it is the same");
  return 0;
}
