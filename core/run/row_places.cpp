#include "run/row_places.hpp"

#include <algorithm>
#include <utility>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "data/table.hpp"

namespace engram::run {
namespace {

constexpr size_t kShown = 12;  // rows of a set in a text

std::string numbers_text(const PlacedRows& rows) {
  std::vector<std::string> numbers;
  for (size_t i = 0; i < std::min(kShown, rows.numbers.size()); ++i) numbers.push_back(std::to_string(rows.numbers[i]));
  std::string text = rows.unit + (rows.numbers.size() == 1 ? " " : "s ") + text::join(numbers, ", ");
  if (rows.numbers.size() > kShown) text += " and " + std::to_string(rows.numbers.size() - kShown) + " more";
  return text;
}

}  // namespace

const SetFacts& RowPlaces::facts(const std::string& set) const {
  for (const SetFacts& facts : prepared_.sets) {
    if (facts.set->name == set) return facts;
  }
  throw InternalError({.what = "no data set is called '" + set + "'"});
}

const std::vector<int64_t>& RowPlaces::lines(const SetFacts& set) {
  const auto [place, is_new] = lines_.try_emplace(set.set->name);
  if (!is_new) return place->second;
  try {
    for (const data::Row& row : data::read_table(*set.set, set.file).rows) place->second.push_back(row.line);
  } catch (const Error&) {  // gone or changed since the run began: rows are then counted
    place->second.clear();
  }
  return place->second;
}

PlacedRows RowPlaces::placed(const SetFacts& set, int64_t size, const std::vector<int64_t>& rows) {
  const std::vector<int64_t>& lines = this->lines(set);
  const bool known = static_cast<int64_t>(lines.size()) == size;
  PlacedRows placed{.set = set.set->name, .file = set.file.filename().string()};
  if (!known || set.file.extension() == ".parquet") placed.unit = "row";
  for (const int64_t row : rows) placed.numbers.push_back(known ? lines[static_cast<size_t>(row)] : row + 1);
  std::sort(placed.numbers.begin(), placed.numbers.end());
  placed.numbers.erase(std::unique(placed.numbers.begin(), placed.numbers.end()), placed.numbers.end());
  return placed;
}

// The training rows are those of all training sets, one set after the other. Of a single set the size is known; of
// several, where each begins is known from their files alone.
std::vector<PlacedRows> RowPlaces::of_training(const std::vector<int64_t>& rows) {
  std::vector<const SetFacts*> sets;
  int64_t counted = 0;
  for (const SetFacts& set : prepared_.sets) {
    if (set.set->use != recipe::DataUse::train) continue;
    sets.push_back(&set);
    counted += static_cast<int64_t>(lines(set).size());
  }
  if (sets.size() == 1) return {placed(*sets.front(), material_.training.size(), rows)};
  if (counted != material_.training.size()) {
    PlacedRows all{.set = material_.training.name, .file = "", .unit = "row", .numbers = rows};
    for (int64_t& number : all.numbers) ++number;
    return {all};
  }
  std::vector<PlacedRows> found;
  int64_t begin = 0;
  for (const SetFacts* set : sets) {
    const auto size = static_cast<int64_t>(lines(*set).size());
    std::vector<int64_t> own;
    for (const int64_t row : rows) {
      if (row >= begin && row < begin + size) own.push_back(row - begin);
    }
    if (!own.empty()) found.push_back(placed(*set, size, own));
    begin += size;
  }
  return found;
}

std::vector<PlacedRows> RowPlaces::of(const train::StepRows& rows) {
  std::vector<PlacedRows> all;
  if (!rows.fresh.empty()) all = of_training(rows.fresh);
  for (const train::MixedRows& mixed : rows.mixed) {
    if (mixed.rows.empty()) continue;
    all.push_back(placed(facts(mixed.examples->name), mixed.examples->size(), mixed.rows));
  }
  return all;
}

PlacedRows RowPlaces::of(const std::string& set, const std::vector<int64_t>& rows) {
  for (const EvaluationSet& scored : material_.evaluation) {
    if (scored.set->name == set) return placed(facts(set), scored.examples.size(), rows);
  }
  throw InternalError({.what = "no evaluation set is called '" + set + "'"});
}

std::string rows_text(const std::vector<PlacedRows>& placed) {
  std::vector<std::string> parts;
  for (const PlacedRows& rows : placed) {
    const std::string file = rows.file.empty() ? "" : " (" + rows.file + ")";
    parts.push_back("data." + rows.set + file + ", " + numbers_text(rows));
  }
  return text::join(parts, "; ");
}

Json rows_json(const std::vector<PlacedRows>& placed) {
  Json json = Json::object();
  for (const PlacedRows& rows : placed) json[rows.set] = rows.numbers;
  return json;
}

}  // namespace engram::run
