#include "run/evaluated_report.hpp"

#include <cmath>

#include "base/text.hpp"
#include "report/csv.hpp"
#include "report/format.hpp"

namespace engram::run {
namespace {

constexpr double kChance = 0.05;
constexpr size_t kMetricWidth = 10;
constexpr size_t kValueWidth = 8;
constexpr size_t kIntervalWidth = 16;

report::Unit unit_of(const std::string& metric) { return metric == "loss" ? report::Unit::nats : report::Unit::share; }

// "91.2 to 93.4".
std::string interval_text(report::Unit unit, const eval::Interval& interval) {
  const double factor = unit == report::Unit::share ? 100 : 1;
  const int decimals = unit == report::Unit::share ? 1 : 3;
  return text::fixed(interval.low * factor, decimals) + " to " + text::fixed(interval.high * factor, decimals);
}

std::string p_text(double p) { return p < 0.001 ? "below 0.001" : text::fixed(p, 3); }

std::string verdict(const EvaluatedSet& set) {
  const Comparison& comparison = set.comparison;
  const int64_t changed = comparison.changed.better + comparison.changed.worse;
  if (changed == 0) return "every row is as right or wrong as with " + comparison.with;
  return text::thousands(comparison.changed.better) + " of " +
         text::thousands(static_cast<int64_t>(set.labels.size())) + " rows are right here and wrong with " +
         comparison.with + "; for " + text::thousands(comparison.changed.worse) +
         " it is the other way round: " + (comparison.p < kChance ? "chance hardly explains" : "chance could explain") +
         " that (McNemar's exact test, p " + (comparison.p < 0.001 ? "" : "= ") + p_text(comparison.p) + ")";
}

std::string line(const EvaluatedSet& set, const std::string& metric) {
  const report::Unit unit = unit_of(metric);
  const Comparison& comparison = set.comparison;
  const double now = set.scores.metrics.at(metric);
  std::string text = "    " + report::pad_right(report::metric_label(metric), kMetricWidth) +
                     report::pad_left(report::value_text(unit, now), kValueWidth) + "  " +
                     report::pad_left(interval_text(unit, set.intervals.at(metric)), kIntervalWidth);
  const auto other = comparison.metrics.find(metric);
  if (other == comparison.metrics.end()) return text + "\n";
  return text + "  " + report::pad_left(report::value_text(unit, other->second), kValueWidth) + "  " +
         report::pad_left(report::change_text(unit, now - other->second), kValueWidth) + "  " +
         report::pad_left(interval_text(unit, comparison.differences.at(metric)), kIntervalWidth) + "\n";
}

std::string heading(const report::Style& style) {
  const std::string names = report::pad_left("now", kValueWidth) + "  " +
                            report::pad_left("95 % of now", kIntervalWidth) + "  " +
                            report::pad_left("other", kValueWidth) + "  " + report::pad_left("change", kValueWidth) +
                            "  " + report::pad_left("95 % of change", kIntervalWidth);
  return "    " + std::string(kMetricWidth, ' ') + style.paint(report::Colour::dim, names) + "\n";
}

Json interval_json(const std::map<std::string, eval::Interval>& intervals, const std::string& metric) {
  const auto found = intervals.find(metric);
  return found == intervals.end() ? Json(nullptr) : Json{found->second.low, found->second.high};
}

Json set_json(const EvaluatedSet& set) {
  const Comparison& comparison = set.comparison;
  Json metrics = Json::object(), others = Json::object();
  for (const auto& [metric, value] : set.scores.metrics) {
    metrics[metric] = {{"value", value}, {"interval", interval_json(set.intervals, metric)}};
  }
  for (const auto& [metric, value] : comparison.metrics) {
    others[metric] = {{"value", value},
                      {"difference", set.scores.metrics.at(metric) - value},
                      {"interval", interval_json(comparison.differences, metric)}};
  }
  return {{"set", set.name},
          {"file", set.file},
          {"task", set.task},
          {"labels", set.classes},
          {"rows", set.labels.size()},
          {"truncated", set.truncated},
          {"metrics", metrics},
          {"compared",
           {{"with", comparison.with},
            {"metrics", others},
            {"better", comparison.changed.better},
            {"worse", comparison.changed.worse},
            {"mcnemar_p", comparison.p}}}};
}

std::vector<std::string> csv_row(const EvaluatedSet& set, size_t row) {
  const auto label = static_cast<size_t>(set.labels[row]);
  const auto predicted = static_cast<size_t>(set.scores.predictions[row]);
  const eval::Answers& other = set.comparison.answers;
  return {set.name,
          std::to_string(row + 1),
          set.classes[label],
          set.classes[predicted],
          text::shortest(set.scores.probabilities[row * set.classes.size() + predicted]),
          text::shortest(set.scores.losses[row]),
          set.classes[static_cast<size_t>(other.predictions[row])],
          other.losses.empty() ? "" : text::shortest(other.losses[row])};
}

}  // namespace

std::string evaluated_text(const Evaluated& evaluated, const report::Style& style) {
  std::string text;
  for (const EvaluatedSet& set : evaluated.sets) {
    const std::string about = text::thousands(static_cast<int64_t>(set.labels.size())) + " rows of " + set.file +
                              ", task " + set.task + ", compared with " + set.comparison.with;
    text += "\n  " + style.paint(report::Colour::strong, set.name) + "\n    " +
            report::wrap(about, static_cast<size_t>(style.width) - 4, 4) + "\n";
    if (set.truncated > 0) {
      text += "    " + text::thousands(set.truncated) + (set.truncated == 1 ? " text is" : " texts are") +
              " longer than " + std::to_string(evaluated.max_length) + " tokens and " +
              (set.truncated == 1 ? "was" : "were") + " cut\n";
    }
    text += heading(style);
    for (const char* metric : {"accuracy", "macro_f1", "loss"}) text += line(set, metric);
    text += "    " + report::wrap(verdict(set), static_cast<size_t>(style.width) - 4, 4) + "\n";
  }
  return text + "\n  " +
         report::wrap("accuracy: Wilson's score interval; all others: percentile bootstrap over rows, " +
                          text::thousands(evaluated.resampling.resamples) + " resamples, seed " +
                          std::to_string(evaluated.resampling.seed),
                      static_cast<size_t>(style.width) - 2, 2) +
         "\n";
}

Json evaluated_json(const Evaluated& evaluated) {
  Json sets = Json::array();
  for (const EvaluatedSet& set : evaluated.sets) sets.push_back(set_json(set));
  const auto or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  return {{"path", evaluated.path},
          {"adapter", or_null(evaluated.adapter)},
          {"base", or_null(evaluated.base.string())},
          {"forced", evaluated.forced},
          {"max_length", evaluated.max_length},
          {"resamples", evaluated.resampling.resamples},
          {"seed", evaluated.resampling.seed},
          {"sets", sets},
          {"notes", evaluated.notes}};
}

std::string evaluated_rows(const Evaluated& evaluated) {
  std::string text = "set,row,label,prediction,probability,loss,other_prediction,other_loss\n";
  for (const EvaluatedSet& set : evaluated.sets) {
    for (size_t row = 0; row < set.labels.size(); ++row) text += report::csv_line(csv_row(set, row)) + "\n";
  }
  return text;
}

}  // namespace engram::run
