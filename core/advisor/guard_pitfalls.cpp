#include <algorithm>
#include <cmath>

#include "advisor/advise.hpp"
#include "advisor/detectable_drop.hpp"
#include "base/text.hpp"

namespace engram::advisor {
namespace {

constexpr double kPoint = 0.01;      // the drop that matters where no rule says otherwise
constexpr double kNothing = 0.0005;  // a rule that tolerates less than this tolerates nothing
constexpr double kPrevails = 0.75;   // share of one label from which accuracy alone says little

std::string percent(double share) { return text::fixed(100 * share, share < 0.1 ? 1 : 0) + " %"; }

std::string points(double drop) {
  const double rounded = std::round(drop * 1000) / 10;
  return text::shortest(rounded) + (rounded == 1 ? " point" : " points");
}

std::vector<std::string> original_sets(const Facts& facts) {
  std::vector<std::string> names;
  for (const EvaluationFacts& set : facts.evaluation) {
    if (set.original) names.push_back(set.name);
  }
  return names;
}

bool sees_forgetting(const std::set<std::string>& reads, const std::vector<std::string>& sets) {
  return std::any_of(reads.begin(), reads.end(),
                     [&](const std::string& metric) { return tells_of_forgetting(metric, sets); });
}

std::string new_set(const Facts& facts) {
  for (const EvaluationFacts& set : facts.evaluation) {
    if (!set.original) return set.name;
  }
  return "new";
}

void advise_on_blindness(const Facts& facts, std::vector<Advice>& advice) {
  const std::vector<std::string> sets = original_sets(facts);
  const bool score_sees = sees_forgetting(facts.guards.score_reads, sets);
  const bool stop_sees = sees_forgetting(facts.guards.stop_reads, sets) || facts.guards.stop_tolerates;
  if (score_sees || (stop_sees && facts.guards.stop_rolls_back)) return;
  const std::string gain = new_set(facts) + ".accuracy";
  if (sets.empty()) {
    advice.push_back(
        {"new_task_alone", "data",
         "the new task is scored alone: there is no original evaluation set, and score reads neither drift "
         "nor kl, which tell without labels how far the model has moved",
         "a data set with use = \"evaluate\", role = \"original\"; or score = function(m) return m." + gain + " - m." +
             new_set(facts) + ".kl end"});
  } else if (stop_sees) {
    advice.push_back({"new_task_alone", "stop",
                      "the stopping rule sees what " + sets.front() +
                          " loses, but does not roll back, and score reads "
                          "the new task alone: what is kept may be the evaluation that went too far",
                      "stop = require(\"engram.stop\").budget { metric = \"" + sets.front() +
                          ".accuracy\", lose_at_most = 0.03 }, which rolls back; or a score that reads " +
                          sets.front()});
  } else {
    advice.push_back({"new_task_alone", "score",
                      "neither score nor stop reads a metric of " + text::join(sets, " or ") +
                          ": what the original task loses changes neither the checkpoint that is kept nor the end",
                      "score = require(\"engram.score\").penalised { gain = \"" + gain + "\", guard = \"" +
                          sets.front() + ".accuracy\", tolerance = 0.01, weight = 2 }"});
  }
}

double drop_that_matters(const Guards& guards) {
  double least = 1;
  for (const std::optional<double>& tolerated : {guards.score_tolerates, guards.stop_tolerates}) {
    if (tolerated && *tolerated > kNothing) least = std::min(least, *tolerated);
  }
  return least < 1 ? std::round(least * 1e6) / 1e6 : kPoint;
}

// What can be done about it with the file there is.
std::string more_rows(const EvaluationFacts& set, int64_t needed) {
  const std::string has = text::thousands(set.rows_in_file), want = text::thousands(needed);
  if (set.rows_in_file >= needed)
    return "data." + set.name + ".rows = " + want + " or more of the " + has + " in its file";
  const std::string accept = "; or, where there are no more, accept that smaller drops go unnoticed (waive)";
  if (set.rows_in_file > set.rows) {
    return "all " + has + " rows of its file, and better a larger one: " + want + " are needed" + accept;
  }
  return "a larger file: this one has " + has + " rows, and " + want + " are needed" + accept;
}

void advise_on_size(const Facts& facts, std::vector<Advice>& advice) {
  const double matters = drop_that_matters(facts.guards);
  for (const EvaluationFacts& set : facts.evaluation) {
    const double seen = detectable_drop(set.rows);
    if (!set.original || set.rows == 0 || seen <= matters) continue;
    advice.push_back({"small_original", "data." + set.name,
                      "on " + text::thousands(set.rows) + " rows the smallest drop that can be told from chance is " +
                          points(seen) + " of accuracy (paired test, 95 % confidence, 80 % power), and " +
                          points(matters) + (matters == kPoint ? " matters" : " matter"),
                      more_rows(set, rows_to_detect(matters))});
  }
}

void advise_on_imbalance(const Facts& facts, std::vector<Advice>& advice) {
  const std::set<std::string>& reads = facts.guards.score_reads;
  for (const EvaluationFacts& set : facts.evaluation) {
    const std::string start = set.name + ".";
    const bool accuracy = reads.contains(start + "accuracy");
    const bool others = std::any_of(reads.begin(), reads.end(), [&](const std::string& metric) {
      return metric.starts_with(start) && metric != start + "accuracy";
    });
    if (set.frequent_share < kPrevails || !accuracy || others) continue;
    advice.push_back({"accuracy_only", "score",
                      "score reads the accuracy of " + set.name + " alone, where '" + set.frequent_label + "' is " +
                          percent(set.frequent_share) + " of the labels: always answering it scores " +
                          text::fixed(set.frequent_share, 2),
                      set.name + ".macro_f1 in place of " + set.name + ".accuracy"});
  }
}

}  // namespace

void advise_on_guards(const Facts& facts, std::vector<Advice>& advice) {
  advise_on_blindness(facts, advice);
  advise_on_size(facts, advice);
  advise_on_imbalance(facts, advice);
}

}  // namespace engram::advisor
