#include <algorithm>
#include <map>

#include "advisor/advise.hpp"
#include "base/text.hpp"

namespace engram::advisor {
namespace {

constexpr int64_t kLeastRank = 4;
constexpr double kVisibleShrinking = 2e-4;

int64_t largest_rank(const LowRankSite& site) { return std::max<int64_t>(1, site.smaller_side / 4); }

std::string sites_text(const std::vector<const LowRankSite*>& sites) {
  const std::string more = sites.size() > 1 ? " and " + std::to_string(sites.size() - 1) + " more" : "";
  return sites.front()->site + more;
}

// Sites with the same fault come as one.
void advise_on_rank(const Facts& facts, std::vector<Advice>& advice) {
  std::map<std::pair<std::string, int64_t>, std::vector<const LowRankSite*>> low;
  std::map<std::pair<std::string, int64_t>, std::vector<const LowRankSite*>> high;
  for (const LowRankSite& site : facts.low_rank) {
    if (site.rank > largest_rank(site)) {
      high[{site.setting, site.rank}].push_back(&site);
    } else if (site.rank < std::min(kLeastRank, largest_rank(site))) {
      low[{site.setting, site.rank}].push_back(&site);
    }
  }
  for (const auto& [key, sites] : low) {
    const int64_t better = std::min<int64_t>(8, largest_rank(*sites.front()));
    advice.push_back({"rank", key.first,
                      "rank " + std::to_string(key.second) + " at " + sites_text(sites) +
                          ": below 4 an adapter may be too small to learn the task",
                      "rank = " + std::to_string(better)});
  }
  for (const auto& [key, sites] : high) {
    const auto least = std::min_element(sites.begin(), sites.end(),
                                        [](const auto* a, const auto* b) { return a->smaller_side < b->smaller_side; });
    advice.push_back({"rank", key.first,
                      "rank " + std::to_string(key.second) + " at " + sites_text(sites) + ", whose smaller side is " +
                          std::to_string((*least)->smaller_side) +
                          ": above a quarter of it an adapter forgets like full fine-tuning, and saves little",
                      "rank = " + std::to_string(std::min<int64_t>(8, largest_rank(**least)))});
  }
}

void advise_on_decay(const Facts& facts, std::vector<Advice>& advice) {
  const TrainingFacts& training = facts.training;
  for (const DecayedTable& table : facts.decayed_tables) {
    const double shrinking = training.learning_rate * table.scale * training.mean_factor * table.weight_decay *
                             static_cast<double>(training.steps);
    if (shrinking < kVisibleShrinking) continue;
    const std::string share = text::fixed(100 * std::min(shrinking, 1.0), shrinking < 0.01 ? 2 : 1);
    advice.push_back({"embedding_decay", table.setting,
                      "weight decay " + text::shortest(table.weight_decay) + " shrinks every row of " + table.name +
                          " by " + share + " % over " + text::thousands(training.steps) + " steps; of its " +
                          text::thousands(table.rows) +
                          " rows those whose tokens never occur in the training data get nothing else",
                      facts.has_strategies
                          ? "{ \"freezing\", embeddings = \"frozen\" } as one more of strategies, or weight_decay = 0"
                          : "strategies = { { \"freezing\", embeddings = \"frozen\" } }, or weight_decay = 0"});
  }
}

}  // namespace

void advise_on_weights(const Facts& facts, std::vector<Advice>& advice) {
  advise_on_rank(facts, advice);
  advise_on_decay(facts, advice);
}

}  // namespace engram::advisor
