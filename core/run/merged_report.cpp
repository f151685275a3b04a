#include "run/merged_report.hpp"

#include <algorithm>
#include <cstdio>

#include "base/text.hpp"
#include "checkpoint/merged_folder.hpp"
#include "report/format.hpp"

namespace engram::run {
namespace {

constexpr size_t kNameWidth = 10;

// "3.1e-07".
std::string scientific(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1e", number);
  return text;
}

std::string entry(const std::string& name, const std::string& words, const report::Style& style) {
  return "  " + style.paint(report::Colour::dim, report::pad_right(name, kNameWidth)) + "  " +
         report::wrap(words, static_cast<size_t>(style.width) - kNameWidth - 4, kNameWidth + 4) + "\n";
}

std::string amount_words(const checkpoint::MergeAmount& amount) {
  std::vector<std::string> parts;
  if (amount.scale != 1) parts.push_back("deltas times " + text::shortest(amount.scale));
  if (amount.interpolate != 1) parts.push_back("interpolated at " + text::shortest(amount.interpolate));
  return parts.empty() ? "" : ", " + text::join(parts, ", ");
}

std::string rounding_words(const MergeReport& report) {
  const checkpoint::Rounding& rounding = report.rounding;
  const double share = rounding.changed == 0
                           ? 0
                           : 100.0 * static_cast<double>(rounding.vanished) / static_cast<double>(rounding.changed);
  const std::string stored = rounding.largest == 0 ? "none: " + report.dtype + " holds every weight as it was computed"
                                                   : "weights move by " + scientific(rounding.largest) + " at most, " +
                                                         scientific(rounding.rms) + " RMS, to fit into " + report.dtype;
  return stored + "; of " + text::thousands(rounding.changed) + " changes " + text::thousands(rounding.vanished) +
         " vanish (" + text::fixed(share, 1) + " %)";
}

struct Column {
  const char* name;
  size_t width;
};
constexpr Column kAsTrained{"as trained", 10};
constexpr Column kComputed{"computed", 8};
constexpr Column kAsStored{"as stored", 9};
constexpr Column kChange{"change", 7};
constexpr Column kOthers{"other answers", 13};

std::string cell(const Column& column, const std::string& value) {
  return "  " + report::pad_left(value, column.width);
}

// The change is that from the first column to "as stored", and so are the answers.
std::string score_table(const MergeReport& report, const report::Style& style) {
  if (report.scores.empty()) return "";
  size_t width = 0;
  for (const MergedScore& score : report.scores) width = std::max(width, report::columns(score.set));
  std::string names = report.scores.front().as_trained ? cell(kAsTrained, kAsTrained.name) : "";
  for (const Column& column : {kComputed, kAsStored, kChange, kOthers}) names += cell(column, column.name);
  std::string table = "\n  " + std::string(width + 12, ' ') + style.paint(report::Colour::dim, names) + "\n";
  const std::string* above = nullptr;
  for (const MergedScore& score : report.scores) {
    const report::Unit unit = score.metric == "loss" ? report::Unit::nats : report::Unit::share;
    const bool first = above == nullptr || *above != score.set;
    table += "  " + report::pad_right(first ? score.set : "", width) + "  " +
             report::pad_right(report::metric_label(score.metric), 10);
    if (score.as_trained) table += cell(kAsTrained, report::value_text(unit, *score.as_trained));
    table += cell(kComputed, report::value_text(unit, score.computed)) +
             cell(kAsStored, report::value_text(unit, score.as_stored)) +
             cell(kChange, report::change_text(unit, score.as_stored - score.before()));
    if (first) table += cell(kOthers, text::thousands(report.other_answers.at(score.set)));
    table += "\n";
    above = &score.set;
  }
  return table;
}

}  // namespace

std::string merged_text(const MergeReport& report, const report::Style& style) {
  const std::string what = report.adapter.empty() ? "the model" : "the " + report.adapter + " adapter";
  std::string text =
      "\n" + entry("merged", what + " of " + report.path + amount_words(report.amount), style) +
      entry("on", report.base.string(), style) +
      entry("into", report.into.string() + ", " + report.dtype + ", " + text::bytes(report.bytes), style) +
      entry("heads", text::join(report.heads, "; "), style) + entry("rounding", rounding_words(report), style) +
      entry("check",
            "largest difference of a logit " + scientific(report.difference) + " over " +
                text::thousands(report.probes) + (report.probes == 1 ? " text (" : " texts (") + report.probes_from +
                "); tolerance " + text::shortest(report.tolerance),
            style);
  if (report.original_bytes > 0) {
    text += entry("originals",
                  std::string(checkpoint::kOriginalsFile) + ", " + text::bytes(report.original_bytes) +
                      ": engram unmerge " + report.into.string() + " --into FOLDER gives the base back",
                  style);
  }
  return text + score_table(report, style);
}

Json merged_json(const MergeReport& report) {
  Json scores = Json::array();
  for (const MergedScore& score : report.scores) {
    scores.push_back({{"set", score.set},
                      {"metric", score.metric},
                      {"as_trained", score.as_trained ? Json(*score.as_trained) : Json(nullptr)},
                      {"computed", score.computed},
                      {"as_stored", score.as_stored}});
  }
  return {{"path", report.path},
          {"into", report.into.string()},
          {"base", report.base.string()},
          {"adapter", report.adapter.empty() ? Json(nullptr) : Json(report.adapter)},
          {"dtype", report.dtype},
          {"scale", report.amount.scale},
          {"interpolate", report.amount.interpolate},
          {"heads", report.heads},
          {"rounding",
           {{"weights", report.rounding.weights},
            {"largest", report.rounding.largest},
            {"rms", report.rounding.rms},
            {"changed", report.rounding.changed},
            {"vanished", report.rounding.vanished}}},
          {"largest_difference", report.difference},
          {"tolerance", report.tolerance},
          {"probes", report.probes},
          {"probes_from", report.probes_from},
          {"scores", scores},
          {"other_answers", report.other_answers},
          {"bytes", report.bytes},
          {"original_bytes", report.original_bytes},
          {"forced", report.forced},
          {"notes", report.notes}};
}

}  // namespace engram::run
