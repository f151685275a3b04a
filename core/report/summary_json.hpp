// A run's end as JSON and back: the contents of result.json (schema: docs/run_folder.md).
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "report/views.hpp"

namespace engram::report {

// "new" or "original"; "all steps", "stop rule", ...: the words used in files.
std::string_view word(Role role);
std::string_view word(Ending ending);
std::string_view word(Unit unit);

Json to_json(const RunHeader& header);
Json to_json(const EvaluationRow& row);
Json to_json(const RunSummary& summary);

// Throws DataError naming `name_for_errors` and the field that is missing or of another type.
RunSummary summary_from_json(const Json& json, const std::string& name_for_errors);

}  // namespace engram::report
