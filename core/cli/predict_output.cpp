#include "cli/predict_output.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/disk.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "report/csv.hpp"

namespace engram::cli {
namespace {

// The number that the shortest text of an fp32 stands for: 0.9 and not 0.89999997615814209.
double shortest(float number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  double same = 0;
  std::from_chars(text.data(), end, same);
  return same;
}

// On one line and in one column, whatever a table's value or a model's label holds; nothing that steers a terminal.
std::string on_one_line(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7F) c = ' ';
  }
  return text;
}

}  // namespace

PredictOutput::PredictOutput(const run::Labelling& labelling, const run::Choice& choice, const data::RowStream& stream,
                             OutputFormat format, Echo echo)
    : labelling_(labelling), stream_(stream), format_(format), echo_(echo), names_variants_(labelling.adapters > 0) {
  const std::vector<predict::Variant>& variants = labelling.predictor.variants();
  for (size_t i = 0; i < variants.size(); ++i) {
    if (!choice.rows_choose && choice.variant != i) continue;
    for (const std::string& label : variants[i].labels) {
      if (std::find(classes_.begin(), classes_.end(), label) == classes_.end()) classes_.push_back(label);
    }
  }
}

std::string PredictOutput::header() const {
  if (format_ != OutputFormat::csv) return {};
  std::vector<std::string> names;
  if (stream_.has_extra(run::kIdColumn)) names.emplace_back("id");
  if (names_variants_) names.emplace_back("adapter");
  names.insert(names.end(), {"label", "probability"});
  for (const std::string& label : classes_) names.push_back("p_" + label);
  if (echo_ == Echo::yes) names.insert(names.end(), {"text", "pair"});
  return report::csv_line(names) + "\n";
}

std::string PredictOutput::lines(const std::vector<run::LabelledRow>& rows) const {
  std::string lines;
  for (const run::LabelledRow& labelled : rows) {
    switch (format_) {
      case OutputFormat::text: lines += text_line(labelled); break;
      case OutputFormat::json_lines: lines += json_line(labelled); break;
      case OutputFormat::csv: lines += csv_line(labelled); break;
    }
    lines += '\n';
  }
  return lines;
}

std::string PredictOutput::text_line(const run::LabelledRow& labelled) const {
  const predict::Prediction& made = labelled.prediction;
  const predict::Variant& variant = labelling_.predictor.variants()[labelled.variant];
  std::string line = on_one_line(variant.labels[made.label]) + "\t" + text::fixed(made.probabilities[made.label], 4) +
                     "\t" + on_one_line(labelled.row.text);
  if (labelled.row.pair) line += "\t" + on_one_line(*labelled.row.pair);
  return line;
}

std::string PredictOutput::json_line(const run::LabelledRow& labelled) const {
  const predict::Prediction& made = labelled.prediction;
  const predict::Variant& variant = labelling_.predictor.variants()[labelled.variant];
  Json line = Json::object();
  const auto& extras = labelled.row.extras;
  if (!extras.empty() && extras[run::kIdColumn]) line["id"] = *extras[run::kIdColumn];
  if (names_variants_) line["adapter"] = variant.name;
  line["label"] = variant.labels[made.label];
  line["probability"] = shortest(made.probabilities[made.label]);
  Json& all = line["probabilities"] = Json::object();
  for (size_t i = 0; i < variant.labels.size(); ++i) all[variant.labels[i]] = shortest(made.probabilities[i]);
  if (labelling_.forced[labelled.variant]) line["forced"] = true;
  if (echo_ == Echo::yes) {
    line["text"] = labelled.row.text;
    if (labelled.row.pair) line["pair"] = *labelled.row.pair;
  }
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string PredictOutput::csv_line(const run::LabelledRow& labelled) const {
  const predict::Prediction& made = labelled.prediction;
  const predict::Variant& variant = labelling_.predictor.variants()[labelled.variant];
  std::vector<std::string> fields;
  if (stream_.has_extra(run::kIdColumn)) fields.push_back(labelled.row.extras[run::kIdColumn].value_or(""));
  if (names_variants_) fields.push_back(variant.name);
  fields.push_back(variant.labels[made.label]);
  fields.push_back(text::shortest(shortest(made.probabilities[made.label])));
  for (const std::string& label : classes_) {
    const auto found = std::find(variant.labels.begin(), variant.labels.end(), label);
    const auto index = static_cast<size_t>(found - variant.labels.begin());
    fields.push_back(found == variant.labels.end() ? "" : text::shortest(shortest(made.probabilities[index])));
  }
  if (echo_ == Echo::yes) fields.insert(fields.end(), {labelled.row.text, labelled.row.pair.value_or("")});
  return report::csv_line(fields);
}

bool write_standard_output(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EPIPE) {
      return false;
    } else if (errno != EINTR) {
      disk::refuse_write("standard output", errno, "");
    }
  }
  return true;
}

}  // namespace engram::cli
