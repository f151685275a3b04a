// `label text` lines, as TREC has them.
#include "data/formats.hpp"
#include "data/raw_table.hpp"
#include "data/records.hpp"

namespace engram::data {

RawTable read_label_lines(const recipe::DataSet& set, std::string_view bytes, LineFaults& faults) {
  const Records records = scan_lines(bytes, record_limit(set));
  if (records.list.empty()) faults.add_for_file({.what = "holds no rows"});
  RawTable table{.names = {"text", "label"}, .columns = {{}, {}}};
  for (const Record& record : records.list) {
    const std::string_view line = content(bytes, record);
    const size_t border = line.find_first_of(" \t");
    if (border == 0) {
      faults.add(record.line, "",
                 {.what = "starts with white space where the label should be", .allowed = "label, one space, text"});
      continue;
    }
    table.lines.push_back(record.line);
    table.columns[0].emplace_back(border == std::string_view::npos ? "" : line.substr(border + 1));
    table.columns[1].emplace_back(line.substr(0, border));
  }
  return table;
}

}  // namespace engram::data
