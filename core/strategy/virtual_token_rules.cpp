#include "strategy/virtual_token_rules.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "strategy/claim_match.hpp"

namespace engram::strategy {
namespace {

bool check_tokens(int64_t tokens, const std::string& user, const sdk::ModelView& view, const StrategyClaims& claims,
                  Faults& faults) {
  // A sequence keeps at least its two special tokens.
  const int64_t most = view.max_positions - 2;
  if (tokens >= 1 && tokens <= most) return true;
  faults.add(claim_fault(claims, user + " has " + std::to_string(tokens) + " tokens",
                         "give 1 to " + std::to_string(most) + " tokens: the model has " +
                             std::to_string(view.max_positions) + " positions, and texts need some"));
  return false;
}

void check_prefix(const sdk::Prefix& prefix, const sdk::ModelView& view, const StrategyClaims& claims, Faults& faults) {
  std::vector<std::string> sites;
  for (const sdk::AttentionSite& site : view.attention_sites) sites.push_back(site.name);
  const std::string user = "the prefix of " + prefix.site;
  check_known(prefix.site, sites, "attention site", "the prefix", claims, faults);
  check_tokens(prefix.tokens, user, view, claims, faults);
  if (!prefix.source) faults.add(claim_fault(claims, user + " has no source function"));
}

// What one strategy says of its own prefixes must agree.
struct OwnPrefixes {
  std::set<std::string> sites;
  int64_t tokens = 0;
};

void check_among_own(const sdk::Prefix& prefix, OwnPrefixes& own, const StrategyClaims& claims, Faults& faults) {
  if (!own.sites.insert(prefix.site).second) {
    faults.add(claim_fault(claims, "claims two prefixes of " + prefix.site, "claim one for each attention site"));
  }
  if (own.tokens == 0) own.tokens = prefix.tokens;
  if (own.tokens != prefix.tokens) {
    faults.add(claim_fault(claims,
                           "the prefix of " + prefix.site + " has " + std::to_string(prefix.tokens) +
                               " tokens, others have " + std::to_string(own.tokens),
                           "give every prefix the same number of tokens: they shift all positions alike"));
  }
}

}  // namespace

void resolve_virtual_tokens(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims,
                            Resolution& resolution, Faults& faults) {
  std::map<std::string, OwnPrefixes> own;
  for_each_claim<sdk::Prefix>(claims, [&](const StrategyClaims& strategy, const sdk::Prefix& prefix) {
    check_prefix(prefix, view, strategy, faults);
    check_among_own(prefix, own[strategy.strategy], strategy, faults);
    resolution.prefixes.push_back({strategy.strategy, prefix});
  });
  for (const StrategyClaims& strategy : claims) {
    const auto found = own.find(strategy.strategy);
    if (found == own.end() || found->second.sites.size() >= view.attention_sites.size()) continue;
    faults.add(claim_fault(strategy,
                           "claims prefixes of " + std::to_string(found->second.sites.size()) + " of " +
                               std::to_string(view.attention_sites.size()) +
                               " attention sites: no format of results holds that",
                           "claim a prefix at every attention site"));
  }
  for_each_claim<sdk::Prompt>(claims, [&](const StrategyClaims& strategy, const sdk::Prompt& prompt) {
    check_tokens(prompt.tokens, "the prompt", view, strategy, faults);
    if (!prompt.source) faults.add(claim_fault(strategy, "the prompt has no source function"));
    if (!resolution.prompt) {
      resolution.prompt = {strategy.strategy, prompt};
    } else if (resolution.prompt->strategy == strategy.strategy) {
      faults.add(claim_fault(strategy, "claims two prompts", "claim one, of all its tokens"));
    }
  });
}

}  // namespace engram::strategy
