#include "report/events.hpp"

#include <chrono>
#include <cmath>

#include "base/clock.hpp"
#include "base/errors.hpp"
#include "base/text.hpp"
#include "report/csv.hpp"
#include "report/event_json.hpp"
#include "report/summary_json.hpp"

namespace engram::report {
namespace {

// Replacement characters instead of exceptions: a label or a path may hold bytes that are not UTF-8.
std::string line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string csv_row(int64_t step, double epoch, std::string_view role, const std::string& set,
                    const std::string& metric, double value) {
  return csv_line({std::to_string(step), text::shortest(epoch), std::string(role), set, metric, text::shortest(value)});
}

constexpr const char* kMetricsHeader = "step,epoch,role,set,metric,value";

double milliseconds_kept(double seconds) { return std::round(seconds * 1000) / 1000; }

}  // namespace

Clock steady_clock() {
  return [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
}

EventLog::EventLog(const std::filesystem::path& folder, Clock clock)
    : clock_(std::move(clock)),
      start_(clock_()),
      events_(folder / "events.jsonl"),
      timing_(folder / "timing.jsonl"),
      metrics_(folder / "metrics.csv") {
  if (metrics_.size() == 0) metrics_.append(kMetricsHeader);
}

std::map<std::string, int64_t> EventLog::flushed_bytes() const {
  std::map<std::string, int64_t> bytes;
  for (const LineFile* file : files()) {
    file->flush();
    bytes[file->path().filename().string()] = file->size();
  }
  return bytes;
}

void EventLog::cut(const std::map<std::string, int64_t>& bytes) {
  Faults faults;
  for (const LineFile* file : files()) {
    const auto known = bytes.find(file->path().filename().string());
    const int64_t wanted = known == bytes.end() ? -1 : known->second;
    if (wanted >= 0 && wanted <= file->size()) continue;
    faults.add({.what = wanted < 0 ? "the training state does not say how much of it belongs to the run"
                                   : "holds " + std::to_string(file->size()) + " bytes, and held " +
                                         std::to_string(wanted) + " when the training state was saved",
                .where = file->path().string(),
                .fix = "put back the file as the run wrote it; without it the run cannot go on"});
  }
  faults.raise<DataError>();
  for (const LineFile* file : files()) file->truncate(bytes.at(file->path().filename().string()));
}

void EventLog::begin_again() {
  for (const LineFile* file : files()) file->truncate(0);
  metrics_.append(kMetricsHeader);
}

void EventLog::run_started(const RunHeader& header) {
  events_.append(line(run_started_event(header)));
  timing("run_started", {{"time", utc_now()}, {"run_folder", header.run_folder}});
}

void EventLog::first_step(double seconds, double evaluation_seconds) {
  timing("first_step",
         {{"seconds", milliseconds_kept(seconds)}, {"evaluation_seconds", milliseconds_kept(evaluation_seconds)}});
}

void EventLog::step(const StepProgress& progress) {
  events_.append(line(step_event(progress)));
  metrics_.append(csv_row(progress.step, progress.epoch, "train", "", "loss", progress.loss));
  timing("step", {{"step", progress.step}, {"samples_per_second", milliseconds_kept(progress.samples_per_second)}});
}

void EventLog::evaluation(const EvaluationView& evaluation) {
  events_.append(line(evaluation_event(evaluation)));
  if (evaluation.kind == EvaluationKind::candidate) {
    return timing("candidate", {{"label", evaluation.label}, {"seconds", milliseconds_kept(evaluation.seconds)}});
  }
  // The baseline is step -1: the untouched model, before strategies are attached at step 0.
  const int64_t step = evaluation.kind == EvaluationKind::baseline ? -1 : evaluation.step;
  for (const EvaluationRow& row : evaluation.rows) {
    metrics_.append(csv_row(step, evaluation.epoch, word(row.role), row.set, row.metric, row.now));
  }
  if (evaluation.score) metrics_.append(csv_row(step, evaluation.epoch, "both", "", "score", *evaluation.score));
  timing("evaluation", {{"step", step}, {"seconds", milliseconds_kept(evaluation.seconds)}});
}

void EventLog::checkpoint(int64_t step, std::string_view what, std::string_view folder) {
  events_.append(line({{"event", "checkpoint"}, {"step", step}, {"what", what}, {"folder", folder}}));
  timing("checkpoint", {{"step", step}});
}

void EventLog::warning(std::string_view text) {
  events_.append(line({{"event", "warning"}, {"text", text}}));
  timing("warning", Json::object());
}

void EventLog::advice(const advisor::Advice& advice) {
  events_.append(line(advice_event(advice)));
  timing("advice", Json::object());
}

void EventLog::stopped(int64_t step, Ending ending, std::string_view reason) {
  events_.append(line({{"event", "stopped"}, {"step", step}, {"ending", word(ending)}, {"reason", reason}}));
  timing("stopped", {{"step", step}});
}

void EventLog::finished(const RunSummary& summary) {
  events_.append(line(finished_event(summary)));
  timing("finished", {{"time", utc_now()},
                      {"training_seconds", milliseconds_kept(summary.training_seconds)},
                      {"evaluation_seconds", milliseconds_kept(summary.evaluation_seconds)},
                      {"preparing_seconds", milliseconds_kept(summary.preparing_seconds)},
                      {"total_seconds", milliseconds_kept(summary.total_seconds)},
                      {"peak_bytes", summary.peak_bytes}});
}

void EventLog::event(std::string_view kind, const Json& fields) {
  Json event = {{"event", kind}};
  event.update(fields);
  events_.append(line(event));
  timing(kind, Json::object());
}

void EventLog::sitting(std::string_view kind, const Json& fields) { timing(kind, fields); }

void EventLog::timing(std::string_view kind, Json fields) {
  Json event = {{"event", kind}, {"elapsed", milliseconds_kept(clock_() - start_)}};
  event.update(fields);
  timing_.append(line(event));
}

}  // namespace engram::report
