#include "advisor/advise.hpp"

#include <algorithm>

#include "recipe/advice_names.hpp"

namespace engram::advisor {

std::string finding_of(const Advice& advice) {
  return advice.setting + (advice.place.empty() ? "" : " (" + advice.place + ")") + ": " + advice.reason;
}

std::string change_of(const Advice& advice) { return "change: " + advice.change + "  [" + advice.name + "]"; }

std::vector<Advice> advise(const Facts& facts) {
  std::vector<Advice> advice;
  advise_on_guards(facts, advice);
  advise_on_rates(facts, advice);
  advise_on_weights(facts, advice);
  advise_on_rows(facts, advice);
  std::erase_if(advice, [&](const Advice& one) {
    return std::find(facts.waived.begin(), facts.waived.end(), one.name) != facts.waived.end();
  });
  const auto rank = [](const Advice& one) {
    const auto known = [&](const auto& named) { return named.first == one.name; };
    return std::find_if(recipe::kAdvice.begin(), recipe::kAdvice.end(), known) - recipe::kAdvice.begin();
  };
  std::stable_sort(advice.begin(), advice.end(), [&](const Advice& a, const Advice& b) { return rank(a) < rank(b); });
  return advice;
}

}  // namespace engram::advisor
