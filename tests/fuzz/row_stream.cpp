// Rows that `predict` labels: text lines, CSV, TSV, JSON Lines. The first two bytes choose the layout, the rest is the
// file.
#include "data/row_stream.hpp"
#include "support/memory_file.hpp"
#include "support/property.hpp"

namespace {

using namespace engram;

data::RowLayout layout_of(const uint8_t* bytes) {
  constexpr data::RowFormat kFormats[] = {data::RowFormat::lines, data::RowFormat::csv, data::RowFormat::tsv,
                                          data::RowFormat::json_lines};
  data::RowLayout layout{.format = kFormats[bytes[0] % 4]};
  layout.pairs = (bytes[0] & 4) != 0;
  layout.header = (bytes[0] & 8) != 0;
  if ((bytes[0] & 16) != 0) layout.delimiter = ";|\t "[bytes[1] % 4];
  if ((bytes[0] & 32) != 0) {
    layout.text = {std::string("text")};
  } else {
    layout.text = {static_cast<int>(bytes[1] / 4 % 4)};
  }
  if ((bytes[0] & 64) != 0) layout.pair = {static_cast<int>(bytes[1] / 16 % 4)};
  if ((bytes[0] & 128) != 0) layout.extras = {"id", "label"};
  return layout;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const data::RowLayout layout = layout_of(data);
  const fuzz::MemoryFile file(fuzz::text_of(data + 2, size - 2));
  const fuzz::AllocationLimit limit(size, 400, 32 << 20);
  std::unique_ptr<data::RowStream> stream;
  if (!fuzz::accepts([&] { stream = data::open_rows(file.path(), layout); })) return 0;
  int64_t line = 0;
  bool ended = false;
  for (size_t pieces = 0; !ended; ++pieces) {
    fuzz::require(pieces <= size + 2, "a stream ends");
    std::vector<data::InputRow> rows;
    const bool accepted = fuzz::accepts([&] { rows = stream->next(3); });
    ended = accepted && rows.empty();
    fuzz::require(rows.size() <= 3, "no more rows than asked for");
    for (const data::InputRow& row : rows) {
      fuzz::require(row.line > line, "rows come in the order of their lines");
      line = row.line;
    }
  }
  return 0;
}
