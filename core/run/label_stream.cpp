#include "run/label_stream.hpp"

#include <algorithm>
#include <set>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "data/line_faults.hpp"

namespace engram::run {
namespace {

constexpr size_t kRows = 1024;  // at a time
constexpr size_t kShownFaults = 20;

std::vector<std::string> names_of(const Labelling& labelling) {
  std::vector<std::string> names;
  for (const predict::Variant& variant : labelling.predictor.variants()) names.push_back(variant.name);
  return names;
}

std::optional<size_t> variant_named(const Labelling& labelling, const std::string& name) {
  const std::vector<std::string> names = names_of(labelling);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return {};
  return static_cast<size_t>(found - names.begin());
}

Fault unknown_name(const Labelling& labelling, const std::string& name) {
  const std::vector<std::string> names = names_of(labelling);
  if (name == kBaseName) {
    return {.what = "the base has no head of its own that could label a text",
            .allowed = text::join(names, ", "),
            .fix = "name an adapter with --use, or in the rows' column 'adapter'"};
  }
  return {.what = "there is no adapter '" + name + "'" + text::did_you_mean(name, names),
          .allowed = text::join(names, ", "),
          .fix = "name it with --adapter " + name + "=PATH"};
}

// The variant of every row.
std::vector<size_t> variants_of(const Labelling& labelling, const Choice& choice, const data::RowStream& stream,
                                const std::vector<data::InputRow>& rows) {
  data::LineFaults faults(stream.name(), stream.unit());
  const bool rows_choose = choice.rows_choose && stream.has_extra(kAdapterColumn);
  std::vector<size_t> variants;
  for (const data::InputRow& row : rows) {
    std::optional<size_t> variant = choice.variant;
    if (rows_choose && row.extras[kAdapterColumn]) {
      const std::string chosen = text::trim(*row.extras[kAdapterColumn]);
      const std::string name = chosen.empty() ? kBaseName : chosen;
      variant = variant_named(labelling, name);
      if (!variant) faults.add(row.line, "column 'adapter'", unknown_name(labelling, name));
    } else if (!variant) {
      faults.add(row.line, "", unknown_name(labelling, kBaseName));
    }
    if (!variant) continue;
    variants.push_back(*variant);
    const bool wants_pair = labelling.inputs[variants.back()] == predict::Input::pair;
    if (!labelling.input_known[variants.back()] || wants_pair == row.pair.has_value()) continue;
    faults.add(row.line, "",
               {.what = "'" + labelling.predictor.variants()[variants.back()].name + "' was trained on " +
                        (wants_pair ? "pairs of texts, and this is one text" : "single texts, and this is a pair"),
                .fix = wants_pair ? "name the column of the second text with --pair" : "leave --pair out"});
  }
  faults.raise();
  return variants;
}

std::vector<LabelledRow> labelled(const Labelling& labelling, const std::vector<size_t>& variants,
                                  std::vector<data::InputRow> rows) {
  std::vector<predict::Query> queries;
  for (size_t i = 0; i < rows.size(); ++i) {
    queries.push_back({.text = rows[i].text, .pair = rows[i].pair, .variant = variants[i]});
  }
  std::vector<predict::Prediction> predictions = labelling.predictor.label(queries);
  std::vector<LabelledRow> all;
  for (size_t i = 0; i < rows.size(); ++i) {
    all.push_back({.row = std::move(rows[i]), .variant = variants[i], .prediction = std::move(predictions[i])});
  }
  return all;
}

// A fault of the file as a whole is found in every piece of it.
void add_new(const std::vector<Fault>& found, Faults& faults) {
  std::set<std::string> known;
  for (const Fault& fault : faults.list()) known.insert(fault.text());
  for (const Fault& fault : found) {
    if (known.insert(fault.text()).second) faults.add(fault);
  }
}

}  // namespace

Choice choice_of(const Labelling& labelling, const std::optional<std::string>& use) {
  if (!use) return {.variant = labelling.opened, .rows_choose = labelling.adapters > 0};
  const std::optional<size_t> variant = variant_named(labelling, *use);
  if (!variant) {
    Fault fault = unknown_name(labelling, *use);
    fault.where = "--use";
    throw DataError(std::move(fault));
  }
  return {.variant = *variant, .rows_choose = false};
}

void label_stream(const Labelling& labelling, const Choice& choice, data::RowStream& stream,
                  const std::function<bool(const std::vector<LabelledRow>&)>& out) {
  Faults faults;
  bool wanted = true;
  while (wanted && (faults.empty() || (!stream.live() && faults.size() < kShownFaults))) {
    try {
      std::vector<data::InputRow> rows = stream.next(kRows);
      if (rows.empty()) break;
      const std::vector<size_t> variants = variants_of(labelling, choice, stream, rows);
      if (faults.empty()) wanted = out(labelled(labelling, variants, std::move(rows)));
    } catch (const DataError& error) {
      add_new(error.faults(), faults);
    }
  }
  faults.raise<DataError>();
}

}  // namespace engram::run
