#include "report/summary_json.hpp"

#include "report/format.hpp"

namespace engram::report {
namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json point(const std::optional<RunPoint>& at) {
  return at ? Json{{"step", at->step}, {"epoch", at->epoch}} : Json(nullptr);
}

Json rows_json(const std::vector<EvaluationRow>& rows) {
  Json list = Json::array();
  for (const EvaluationRow& row : rows) list.push_back(to_json(row));
  return list;
}

}  // namespace

std::string_view word(Role role) { return role == Role::new_task ? "new" : "original"; }

std::string_view word(Unit unit) {
  switch (unit) {
    case Unit::share: return "share";
    case Unit::nats: return "nats";
    case Unit::plain: return "plain";
  }
  return "";
}

std::string_view word(Ending ending) {
  switch (ending) {
    case Ending::all_steps: return "all steps";
    case Ending::stop_rule: return "stop rule";
    case Ending::budget_not_met: return "budget not met";
    case Ending::interrupted: return "interrupted";
    case Ending::out_of_time: return "out of time";
    case Ending::failed: return "failed";
  }
  return "";
}

Json to_json(const RunHeader& header) {
  Json data = Json::object();
  for (const DataLine& set : header.data) {
    data[set.name] = {{"rows", set.rows}, {"purpose", set.purpose}};
    if (!set.note.empty()) data[set.name]["note"] = set.note;
  }
  Json strategies = Json::array();
  for (const StrategyLine& strategy : header.strategies) {
    strategies.push_back({{"id", strategy.id}, {"summary", strategy.summary}});
  }
  return {{"recipe", header.recipe},
          {"run_folder", header.run_folder},
          {"model", header.model},
          {"model_summary", header.model_summary},
          {"parameters", header.parameters},
          {"trainable", header.trainable},
          {"data", data},
          {"strategies", strategies},
          {"steps", header.steps},
          {"epochs", header.epochs},
          {"batch_size", header.batch_size},
          {"learning_rate", header.learning_rate},
          {"schedule", header.schedule},
          {"score", header.score},
          {"stop", header.stop},
          {"device", header.device},
          {"precision", header.precision},
          {"seed", header.seed}};
}

Json to_json(const EvaluationRow& row) {
  return {{"set", row.set},
          {"role", word(row.role)},
          {"metric", row.metric},
          {"unit", word(row.unit)},
          {"baseline", row.baseline},
          {"now", row.now},
          {"change", row.change},
          {"drop", or_null(row.drop)},
          {"retained", or_null(row.retained)},
          {"better", larger_is_better(row) ? "larger" : "smaller"}};
}

Json to_json(const RunSummary& summary) {
  Json chosen = nullptr;
  if (summary.chosen) {
    chosen = {{"step", summary.chosen->step},   {"epoch", summary.chosen->epoch},   {"score", summary.chosen->score},
              {"among", summary.chosen->among}, {"folder", summary.chosen->folder}, {"label", summary.chosen->label}};
  }
  return {{"schema", 1},
          {"recipe", summary.recipe},
          {"run_folder", summary.run_folder},
          {"strategies", summary.strategies},
          {"ending", word(summary.ending)},
          {"reason", summary.reason},
          {"steps_done", summary.steps_done},
          {"steps", summary.steps},
          {"parameters", summary.parameters},
          {"trainable", summary.trainable},
          {"original_waived", summary.original_waived},
          {"rows", rows_json(summary.rows)},
          {"last_rows", rows_json(summary.last_rows)},
          {"crossover", {{"marginal", point(summary.marginal_crossover)}, {"level", point(summary.level_crossover)}}},
          {"chosen", chosen},
          {"seconds",
           {{"training", summary.training_seconds},
            {"evaluation", summary.evaluation_seconds},
            {"preparing", summary.preparing_seconds},
            {"total", summary.total_seconds}}},
          {"peak_bytes", summary.peak_bytes}};
}

}  // namespace engram::report
