// The objects of events.jsonl, shared with `--json` (schema: docs/run_folder.md). None holds a clock value.
#pragma once

#include "advisor/advice.hpp"
#include "base/json.hpp"
#include "report/views.hpp"

namespace engram::report {

Json run_started_event(const RunHeader& header);
Json step_event(const StepProgress& progress);
Json evaluation_event(const EvaluationView& evaluation);
Json advice_event(const advisor::Advice& advice);
Json finished_event(const RunSummary& summary);

}  // namespace engram::report
