// Metrics of a classification set, exact over its examples.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace engram::eval {

// The names that classification_metrics() returns, sorted.
const std::vector<std::string>& classification_metric_names();

// accuracy: share of right predictions. macro_f1: unweighted mean of F1 over the classes that occur as label or as
// prediction (scikit-learn's f1_score, average="macro", zero_division=0). loss: mean cross-entropy in nats.
// The three lists are equally long and not empty.
std::map<std::string, double> classification_metrics(const std::vector<int64_t>& labels,
                                                     const std::vector<int64_t>& predictions,
                                                     const std::vector<double>& losses);

// Accuracy of always answering the most frequent label.
double majority_rate(const std::vector<int64_t>& labels);

}  // namespace engram::eval
