#include "data/examples.hpp"

#include <unordered_map>

#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "data/example_cache.hpp"
#include "data/line_faults.hpp"
#include "data/raw_table.hpp"

namespace engram::data {
namespace {

// Lower case, white space as single spaces.
std::string normalised(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
    if (!blank) {
      plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!plain.empty() && plain.back() != ' ') {
      plain += ' ';
    }
  }
  if (plain.ends_with(' ')) plain.pop_back();
  return plain;
}

// The sequences move out of the table; the tokenizer takes them as two lists.
TokenizedTexts tokenize(Table& table, const Tokenizer& tokenizer, int64_t max_length) {
  std::vector<std::string> texts;
  std::vector<std::string> pairs;
  texts.reserve(table.rows.size());
  for (Row& row : table.rows) {
    texts.push_back(std::move(row.text));
    if (row.pair) pairs.push_back(std::move(*row.pair));
  }
  return tokenizer.encode(texts, pairs, max_length);
}

Examples read_examples(const recipe::DataSet& set, const std::filesystem::path& file, const Tokenizer& tokenizer,
                       int64_t max_length, const std::vector<std::string>& labels) {
  Table table = read_table(set, file);
  Examples examples;
  examples.labels = label_indices(set, table, labels);
  examples.row_hashes.reserve(table.rows.size());
  for (const Row& row : table.rows) {
    interrupt::check();
    examples.row_hashes.push_back(row_hash(row));
  }
  for (Row& row : table.rows) {
    if (row.group) examples.groups.push_back(std::move(*row.group));
  }
  examples.tokens = tokenize(table, tokenizer, max_length);
  examples.content_hash = content_hash(examples);
  return examples;
}

}  // namespace

std::vector<int64_t> label_indices(const recipe::DataSet& set, const Table& table,
                                   const std::vector<std::string>& labels) {
  std::unordered_map<std::string, int64_t> index;
  for (size_t i = 0; i < labels.size(); ++i) index.emplace(labels[i], static_cast<int64_t>(i));
  LineFaults faults(table.file, std::filesystem::path(table.file).extension() == ".parquet" ? "row" : "line");
  std::vector<int64_t> indices;
  indices.reserve(table.rows.size());
  for (const Row& row : table.rows) {
    const auto found = row.label ? index.find(*row.label) : index.end();
    indices.push_back(found == index.end() ? -1 : found->second);
    if (!row.label || found != index.end()) continue;
    faults.add(
        row.line, set.label ? shown(*set.label) : "",
        {.what = "'" + *row.label + "' is no label of task '" + set.task + "'" + text::did_you_mean(*row.label, labels),
         .allowed = labels.size() <= 20 ? text::join(labels, ", ") : std::to_string(labels.size()) + " labels",
         .fix = "correct the label, or map it with label_names (on the command line: --label-names)"});
  }
  faults.raise();
  return indices;
}

uint64_t row_hash(const Row& row) {
  // The unit separator stands in no normalised text.
  const std::string digest = sha256(normalised(row.text) + (row.pair ? "\x1f" + normalised(*row.pair) : ""));
  return std::stoull(digest.substr(0, 16), nullptr, 16);
}

Examples load_examples(const recipe::DataSet& set, const std::filesystem::path& file, const Tokenizer& tokenizer,
                       int64_t max_length, const std::vector<std::string>& labels) {
  const std::string file_hash = sha256_of_file(file);
  const std::filesystem::path cache =
      examples_cache_file(file_hash, tokenizer.hash(), reading_settings(set, file), max_length, labels);
  std::optional<Examples> examples = read_examples_cache(cache);
  if (!examples) {
    examples = read_examples(set, file, tokenizer, max_length, labels);
    examples->file_hash = file_hash;
    write_examples_cache(cache, *examples);
  }
  examples->name = set.name;
  examples->task = set.task;
  return std::move(*examples);
}

}  // namespace engram::data
