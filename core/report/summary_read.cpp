#include "base/errors.hpp"
#include "base/whole_number.hpp"
#include "report/summary_json.hpp"

namespace engram::report {
namespace {

constexpr Role kRoles[] = {Role::new_task, Role::original_task};
constexpr Unit kUnits[] = {Unit::share, Unit::nats, Unit::plain};
constexpr Ending kEndings[] = {Ending::all_steps,   Ending::stop_rule,   Ending::budget_not_met,
                               Ending::interrupted, Ending::out_of_time, Ending::failed};

// Reads the fields of one object; a missing field or one of another type is refused with its path.
class Reader {
 public:
  Reader(const Json& json, std::string prefix, const std::string& file)
      : json_(json), prefix_(std::move(prefix)), file_(file) {
    if (!json_.is_object()) refuse("", "the file or the field is not an object");
  }

  template <class T>
  T value(const char* field) const {
    try {
      if constexpr (std::is_same_v<T, int64_t>) {
        return whole_number(at(field));
      } else {
        return at(field).get<T>();
      }
    } catch (const Json::exception&) {
      refuse(field, "is of another type");
    }
  }
  template <class T>
  std::optional<T> optional(const char* field) const {
    return is_null(field) ? std::nullopt : std::make_optional(value<T>(field));
  }
  // The value whose word the field holds.
  template <class T, size_t count>
  T one_of(const char* field, const T (&values)[count]) const {
    const auto given = value<std::string>(field);
    for (T candidate : values) {
      if (word(candidate) == given) return candidate;
    }
    refuse(field, "is '" + given + "', a word that is not known here");
  }
  Reader inner(const char* field) const { return {at(field), prefix_ + field + ".", file_}; }
  bool holds(const char* field) const { return json_.contains(field); }
  bool is_null(const char* field) const { return at(field).is_null(); }
  std::vector<Reader> list(const char* field) const {
    if (!at(field).is_array()) refuse(field, "is not a list");
    std::vector<Reader> readers;
    for (const Json& entry : at(field)) {
      readers.emplace_back(entry, prefix_ + field + "[" + std::to_string(readers.size()) + "].", file_);
    }
    return readers;
  }

 private:
  const Json& at(const char* field) const {
    const auto found = json_.find(field);
    if (found == json_.end()) refuse(field, "is missing");
    return *found;
  }
  [[noreturn]] void refuse(const std::string& field, const std::string& why) const {
    throw DataError({.what = "'" + prefix_ + field + "' " + why,
                     .where = file_,
                     .fix = "repeat the run with this version of engram"});
  }

  const Json& json_;
  std::string prefix_;
  const std::string& file_;
};

std::optional<RunPoint> read_point(const Reader& reader, const char* field) {
  if (reader.is_null(field)) return std::nullopt;
  const Reader at = reader.inner(field);
  return RunPoint{at.value<double>("step"), at.value<double>("epoch")};
}

// Absent in files of earlier versions, which had no metrics of recipes' own.
Better read_better(const Reader& row) {
  if (!row.holds("better")) return Better::by_unit;
  return row.value<std::string>("better") == "larger" ? Better::larger : Better::smaller;
}

EvaluationRow read_row(const Reader& row) {
  return {row.value<std::string>("set"),    row.one_of("role", kRoles),
          row.value<std::string>("metric"), row.one_of("unit", kUnits),
          row.value<double>("baseline"),    row.value<double>("now"),
          row.value<double>("change"),      row.optional<double>("drop"),
          row.optional<double>("retained"), read_better(row)};
}

std::vector<EvaluationRow> read_rows(const Reader& reader, const char* field) {
  std::vector<EvaluationRow> rows;
  for (const Reader& row : reader.list(field)) rows.push_back(read_row(row));
  return rows;
}

std::optional<ChosenCheckpoint> read_chosen(const Reader& reader) {
  if (reader.is_null("chosen")) return std::nullopt;
  const Reader chosen = reader.inner("chosen");
  return ChosenCheckpoint{chosen.value<int64_t>("step"),       chosen.value<double>("epoch"),
                          chosen.value<double>("score"),       chosen.value<int64_t>("among"),
                          chosen.value<std::string>("folder"), chosen.value<std::string>("label")};
}

}  // namespace

RunSummary summary_from_json(const Json& json, const std::string& name_for_errors) {
  const Reader top(json, "", name_for_errors);
  RunSummary summary;
  summary.recipe = top.value<std::string>("recipe");
  summary.run_folder = top.value<std::string>("run_folder");
  summary.strategies = top.value<std::vector<std::string>>("strategies");
  summary.ending = top.one_of("ending", kEndings);
  summary.reason = top.value<std::string>("reason");
  summary.steps_done = top.value<int64_t>("steps_done");
  summary.steps = top.value<int64_t>("steps");
  summary.parameters = top.value<int64_t>("parameters");
  summary.trainable = top.value<int64_t>("trainable");
  summary.original_waived = top.value<bool>("original_waived");
  summary.rows = read_rows(top, "rows");
  summary.last_rows = read_rows(top, "last_rows");
  const Reader crossover = top.inner("crossover");
  summary.marginal_crossover = read_point(crossover, "marginal");
  summary.level_crossover = read_point(crossover, "level");
  summary.chosen = read_chosen(top);
  const Reader seconds = top.inner("seconds");
  summary.training_seconds = seconds.value<double>("training");
  summary.evaluation_seconds = seconds.value<double>("evaluation");
  // Files of earlier versions have no such field.
  if (seconds.holds("preparing")) summary.preparing_seconds = seconds.value<double>("preparing");
  summary.total_seconds = seconds.value<double>("total");
  summary.peak_bytes = top.value<int64_t>("peak_bytes");
  return summary;
}

}  // namespace engram::report
