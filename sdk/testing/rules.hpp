// The rules of the contract, each a function of one plugin, one set of options and one family.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "trial.hpp"

namespace engram::contract {

// What a rule throws: the strategy breaks it; nothing comes under it; something it builds on is broken.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct NotApplicable : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct NotReached : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What training showed, collected step by step.
struct Observed {
  std::vector<std::string> not_finite;  // "step 3: the gradient of lora...."
  std::vector<std::string> strayed;     // "step 1: encoder.... changed, which nobody claimed"
};

// The plugin under test, and its one long run, which several rules look at.
class Subject {
 public:
  Subject(const sdk::ContractCase& contract, const Family& family) : contract_(contract), family_(family) {}

  const sdk::ContractCase& contract() const { return contract_; }
  const Family& family() const { return family_; }
  // A trial trained to its end, made when first asked for. Throws what ended it, later NotReached.
  Trial& trained();
  const Observed& observed() { return trained(), observed_; }

 private:
  const sdk::ContractCase& contract_;
  const Family& family_;
  std::unique_ptr<Trial> trial_;
  Observed observed_;
  bool tried_ = false;
};

enum class Weight { plain, the_rest_builds_on_it };

struct Rule {
  std::string name;
  void (*check)(Subject&);
  Weight weight = Weight::plain;
};

// In the order of checking; the last rules change the subject's trained model.
const std::vector<Rule>& rules();

// Before training: rules_of_starts.cpp.
void loads(Subject& subject);
void plan_is_pure(Subject& subject);
void claims_match(Subject& subject);
void start_repeats(Subject& subject);
void starts_as_it_was(Subject& subject);
// During training: rules_of_steps.cpp.
void all_is_finite(Subject& subject);
void only_claimed_changes(Subject& subject);
void restored_step_is_the_same(Subject& subject);
// After training: rules_of_ends.cpp.
void merged_equals_adapters(Subject& subject);
void end_leaves_weights_alone(Subject& subject);
void detached_is_the_weights(Subject& subject);

// Throws Broken naming the first tensor that differs in any bit; `what` begins the text.
void require_equal(const TensorsByName& expected, const TensorsByName& found, const std::string& what);

}  // namespace engram::contract
