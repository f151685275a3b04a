// What `new recipe` makes out of a file that nobody has described. The first byte chooses the ending, the rest is the
// file.
#include "data/sniff.hpp"
#include "support/memory_file.hpp"
#include "support/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engram;
  if (size == 0) return 0;
  static const fuzz::MemoryFolder folder;
  constexpr const char* kNames[] = {"file.csv", "file.tsv", "file.jsonl", "file.txt", "file.label"};
  const auto file = folder.write(kNames[data[0] % std::size(kNames)], fuzz::text_of(data + 1, size - 1));
  const fuzz::AllocationLimit limit(size, 400, 24 << 20);
  data::Guess guess;
  if (!fuzz::accepts([&] { guess = data::guess(file); })) return 0;
  fuzz::require(!guess.first_rows.empty() || !guess.notes.empty(), "a guess shows rows, or says why there are none");
  if (guess.first_rows.empty()) return 0;
  const data::Table table = data::read_table(guess.set, file);
  fuzz::require(table.rows.size() >= guess.first_rows.size(), "a guess reads its file");
  return 0;
}
