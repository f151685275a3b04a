// SHA256SUMS of a checkpoint folder. The input is its text.
#include "checkpoint/checksums.hpp"
#include "support/memory_file.hpp"
#include "support/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engram;
  static const fuzz::MemoryFolder folder;
  folder.write(checkpoint::kChecksumsFile, fuzz::text_of(data, size));
  const fuzz::AllocationLimit limit(size);
  checkpoint::Checksums sums;
  if (!fuzz::accepts([&] { sums = checkpoint::read_checksums(folder.path()); })) return 0;
  for (const auto& [name, digest] : sums) {
    fuzz::require((folder.path() / name).lexically_normal().parent_path() == folder.path(),
                  "a name stays in its folder");
  }
  fuzz::accepts([&] { checkpoint::verify_checksums(folder.path()); });
  checkpoint::write_checksums(folder.path(), sums);
  fuzz::require(checkpoint::read_checksums(folder.path()) == sums, "read again, it is the same");
  return 0;
}
