// The suite's front: every rule on every family, and the results as text.
#include <ATen/Parallel.h>

#include <algorithm>

#include "base/errors.hpp"
#include "rules.hpp"

namespace engram::sdk {
namespace {

// One thread: the models are tiny, and other programs run beside a test.
class OneThread {
 public:
  OneThread() : before_(at::get_num_threads()) { at::set_num_threads(1); }
  ~OneThread() { at::set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

std::string fault_texts(const engram::Error& error) {
  std::string text;
  for (const engram::Fault& fault : error.faults()) text += (text.empty() ? "" : "; ") + fault.text();
  return text;
}

ContractResult check(const contract::Rule& rule, contract::Subject& subject) {
  ContractResult result{rule.name, subject.family().name, ContractOutcome::kept, ""};
  const auto ended = [&](ContractOutcome outcome, const std::string& why) {
    result.outcome = outcome;
    result.why = why;
  };
  try {
    rule.check(subject);
  } catch (const contract::NotApplicable& reason) {
    ended(ContractOutcome::not_applicable, reason.what());
  } catch (const contract::NotReached& reason) {
    ended(ContractOutcome::not_reached, reason.what());
  } catch (const engram::Error& error) {
    ended(ContractOutcome::broken, fault_texts(error));
  } catch (const c10::Error& error) {
    ended(ContractOutcome::broken, error.what_without_backtrace());
  } catch (const std::exception& error) {
    ended(ContractOutcome::broken, error.what());
  }
  return result;
}

std::string word(ContractOutcome outcome) {
  switch (outcome) {
    case ContractOutcome::kept: return "kept       ";
    case ContractOutcome::broken: return "BROKEN     ";
    case ContractOutcome::not_applicable: return "not asked  ";
    case ContractOutcome::not_reached: return "not reached";
  }
  return "";
}

}  // namespace

std::vector<std::string> contract_families() {
  std::vector<std::string> names;
  for (const contract::Family& family : contract::families()) names.push_back(family.name);
  return names;
}

std::vector<ContractResult> run_contract(const ContractCase& contract) {
  const OneThread one_thread;
  std::vector<ContractResult> results;
  for (const contract::Family& family : contract::families()) {
    contract::Subject subject(contract, family);
    std::string missing;
    for (const contract::Rule& rule : contract::rules()) {
      if (!missing.empty()) {
        results.push_back({rule.name, family.name, ContractOutcome::not_reached, "it builds on '" + missing + "'"});
        continue;
      }
      results.push_back(check(rule, subject));
      const bool broken = results.back().outcome == ContractOutcome::broken;
      if (broken && rule.weight == contract::Weight::the_rest_builds_on_it) missing = rule.name;
    }
  }
  return results;
}

bool contract_kept(const std::vector<ContractResult>& results) {
  return std::none_of(results.begin(), results.end(),
                      [](const ContractResult& result) { return result.outcome == ContractOutcome::broken; });
}

std::string contract_text(const std::vector<ContractResult>& results) {
  std::string text;
  for (const ContractResult& result : results) {
    text += result.family + "  " + word(result.outcome) + "  " + result.rule +
            (result.why.empty() ? "" : "\n      " + result.why) + "\n";
  }
  return text;
}

}  // namespace engram::sdk
