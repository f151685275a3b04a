#include "report/event_json.hpp"

#include <filesystem>

#include "report/summary_json.hpp"

namespace engram::report {
namespace {

std::string_view word(EvaluationKind kind) {
  switch (kind) {
    case EvaluationKind::baseline: return "baseline";
    case EvaluationKind::during: return "during";
    case EvaluationKind::candidate: return "candidate";
  }
  return "during";
}

Json by_name(const std::vector<std::pair<std::string, double>>& numbers) {
  Json object = Json::object();
  for (const auto& [name, number] : numbers) object[name] = number;
  return object;
}

}  // namespace

Json run_started_event(const RunHeader& header) {
  Json event = {{"event", "run_started"}};
  Json fields = to_json(header);
  // Folders of equal runs differ in their number only, and equal runs write equal events.
  fields.erase("run_folder");
  event.update(fields);
  return event;
}

Json step_event(const StepProgress& progress) {
  Json event = {{"event", "step"},
                {"step", progress.step},
                {"epoch", progress.epoch},
                {"loss", progress.loss},
                {"learning_rate", by_name(progress.learning_rates)},
                {"gradient_norm", progress.gradient_norm}};
  if (!progress.schedule_factors.empty()) event["schedule_factors"] = by_name(progress.schedule_factors);
  if (progress.mixed_examples > 0) event["mixed_examples"] = progress.mixed_examples;
  if (!progress.terms.empty()) event["terms"] = by_name(progress.terms);
  if (!progress.penalties.empty()) event["penalties"] = by_name(progress.penalties);
  return event;
}

Json evaluation_event(const EvaluationView& evaluation) {
  Json metrics = Json::object(), drop = Json::object(), retained = Json::object();
  for (const EvaluationRow& row : evaluation.rows) {
    metrics[row.set][row.metric] = row.now;
    if (row.drop) drop[row.set][row.metric] = *row.drop;
    if (row.retained) retained[row.set][row.metric] = *row.retained;
  }
  Json event = {{"event", "evaluation"},
                {"kind", word(evaluation.kind)},
                {"step", evaluation.step},
                {"epoch", evaluation.epoch},
                {"metrics", metrics}};
  if (evaluation.kind == EvaluationKind::baseline) return event;
  if (evaluation.kind == EvaluationKind::candidate) event["label"] = evaluation.label;
  event["drop"] = drop;
  event["retained"] = retained;
  event["score"] = evaluation.score ? Json(*evaluation.score) : Json(nullptr);
  event["best"] = evaluation.best;
  return event;
}

// The recipe without its folders: events are equal wherever they were started from.
Json advice_event(const advisor::Advice& advice) {
  return {{"event", "advice"},         {"name", advice.name},
          {"setting", advice.setting}, {"place", std::filesystem::path(advice.place).filename().string()},
          {"reason", advice.reason},   {"change", advice.change}};
}

Json finished_event(const RunSummary& summary) {
  const Json all = to_json(summary);
  Json event = {{"event", "finished"}};
  for (const char* field : {"ending", "reason", "steps_done", "crossover", "chosen"}) event[field] = all.at(field);
  return event;
}

}  // namespace engram::report
