// Confidence intervals of what is measured on a set, all at 95 %.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace engram::eval {

struct Interval {
  double low = 0;
  double high = 0;
};

// Wilson's score interval of a share: E. B. Wilson, "Probable inference, the law of succession, and statistical
// inference", Journal of the American Statistical Association 22 (1927), 209-212. `rows` is above 0.
Interval wilson_interval(int64_t right, int64_t rows);

// What a model says about every row of a set, in the order of the set.
struct Answers {
  std::vector<int64_t> predictions;
  std::vector<double> losses;  // nats; empty: it gives no probabilities, as a class that is always answered
};

struct Resampling {
  int64_t resamples = 2000;
  uint64_t seed = 42;
};

struct Bootstrapped {
  std::map<std::string, Interval> now;         // by metric
  std::map<std::string, Interval> difference;  // now minus reference on the same rows; empty without a reference
};

// Percentile bootstrap over rows: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
// Each resample draws as many rows as there are, with replacement, and scores both on the rows drawn; the bounds are
// the quantiles 0.025 and 0.975, linearly interpolated. The same seed gives the same bounds on every machine.
// `reference` may be null. Polls the interrupt flag (throws interrupt::Interrupted).
Bootstrapped bootstrap(const std::vector<int64_t>& labels, const Answers& now, const Answers* reference,
                       const Resampling& resampling);

}  // namespace engram::eval
