#include <algorithm>

#include "advisor/advise.hpp"
#include "base/text.hpp"

namespace engram::advisor {
namespace {

constexpr double kManyCut = 0.1;

void advise_on_shared(const Facts& facts, std::vector<Advice>& advice) {
  for (const SharedRows& shared : facts.shared) {
    if (shared.rows == 0) continue;
    const std::string use = shared.trains ? "trained on" : "read by strategies";
    advice.push_back({"shared_rows", "data." + shared.evaluated,
                      text::thousands(shared.rows) + " of its " + text::thousands(shared.of) + " rows are also " + use +
                          " as data." + shared.used + ", so its scores are flattered (" +
                          text::join(shared.examples, ", ") + ")",
                      "take these rows out of one of the two files"});
  }
}

void advise_on_cut(const Facts& facts, std::vector<Advice>& advice) {
  std::vector<std::string> sets;
  int64_t words = 0;
  for (const TextFacts& set : facts.texts) {
    const double share = set.rows > 0 ? static_cast<double>(set.cut) / static_cast<double>(set.rows) : 0;
    if (share < kManyCut) continue;
    sets.push_back(text::thousands(set.cut) + " of the " + text::thousands(set.rows) + " texts of data." + set.name);
    words = std::max(words, set.words);
  }
  if (sets.empty()) return;
  // Tokens are more than words.
  const int64_t length = std::min((words * 5 / 4 + 7) / 8 * 8, facts.max_positions);
  const bool longest = facts.max_length >= facts.max_positions;
  advice.push_back(
      {"cut_texts", "train.max_length",
       "too long for the " + std::to_string(facts.max_length) + " tokens that are read are at least " +
           text::join(sets, ", ") + ": what comes after is not seen",
       longest ? "shorter texts: the model reads no more than that" : "max_length = " + std::to_string(length)});
}

}  // namespace

void advise_on_rows(const Facts& facts, std::vector<Advice>& advice) {
  advise_on_shared(facts, advice);
  advise_on_cut(facts, advice);
}

}  // namespace engram::advisor
