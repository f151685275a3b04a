#include "updates.hpp"

#include <algorithm>
#include <cmath>

namespace engram_lora {
namespace {

// A number without trailing zeros.
std::string decimal(double number) {
  std::string text = std::to_string(number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// Each rank against the sites that get it.
void check_ranks(const std::vector<Update>& updates) {
  std::map<int64_t, sdk::TargetMatch> by_rank;
  for (const Update& update : updates) by_rank[update.rank].sites.push_back(update.site);
  for (const auto& [rank, match] : by_rank) sdk::check_rank(rank, match);
}

// "rank 8, scale 32 / 8", or the extremes where patterns make sites differ.
std::string ranks_and_scales(const std::vector<Update>& updates, const std::vector<double>& alphas, bool rslora) {
  const auto [low, high] = std::minmax_element(updates.begin(), updates.end(),
                                               [](const Update& a, const Update& b) { return a.rank < b.rank; });
  const auto [least, most] = std::minmax_element(alphas.begin(), alphas.end());
  const std::string ranks = std::to_string(low->rank);
  const std::string common = low->rank == high->rank ? ranks : "rank";
  const std::string text =
      low->rank == high->rank ? "rank " + ranks : "ranks " + ranks + " to " + std::to_string(high->rank);
  const std::string alpha = *least == *most ? decimal(*least) : "(" + decimal(*least) + " to " + decimal(*most) + ")";
  return text + ", scale " + alpha + " / " + (rslora ? "sqrt(" + common + ")" : common);
}

}  // namespace

Options options_of(const sdk::Settings& settings) {
  Options options{.rank = settings.integer("rank"),
                  .alpha = settings.number("alpha"),
                  .dropout = settings.number("dropout"),
                  .targets = settings.setting("targets"),
                  .limits = {.exclude = settings.setting("exclude"), .layers = settings.integers("layers")},
                  .rank_pattern = settings.numbers_by_name("rank_pattern"),
                  .alpha_pattern = settings.numbers_by_name("alpha_pattern"),
                  .rslora = settings.boolean("rslora")};
  for (const auto& [pattern, rank] : options.rank_pattern) {
    if (rank == std::trunc(rank)) continue;
    throw sdk::Error("rank_pattern '" + pattern + "' is " + decimal(rank), "a rank is a whole number");
  }
  return options;
}

Updates updates_of(const sdk::ModelView& model, const Options& options) {
  const sdk::TargetMatch match = sdk::match_linear_sites(model, options.targets, options.limits);
  const std::vector<double> ranks =
      sdk::numbers_by_site(match, "rank_pattern", options.rank_pattern, static_cast<double>(options.rank));
  const std::vector<double> alphas = sdk::numbers_by_site(match, "alpha_pattern", options.alpha_pattern, options.alpha);
  Updates updates;
  for (size_t i = 0; i < match.sites.size(); ++i) {
    const double divisor = options.rslora ? std::sqrt(ranks[i]) : ranks[i];
    updates.list.push_back({match.sites[i], static_cast<int64_t>(ranks[i]), alphas[i] / divisor});
  }
  check_ranks(updates.list);
  updates.text = ranks_and_scales(updates.list, alphas, options.rslora) + ", " + std::to_string(match.sites.size()) +
                 " sites (" + match.text() + ")";
  return updates;
}

}  // namespace engram_lora
