// The contract suite: what any strategy must keep, checked on a small random model of every family that engram knows.
//
// A test of a plugin is a program of its own that links engram::sdk_testing:
//
//   int main(int argc, char** argv) {
//     const auto results = engram::sdk::run_contract({.plugin = argv[1], .settings = {{"rank", int64_t{2}}}});
//     std::cout << engram::sdk::contract_text(results);
//     return engram::sdk::contract_kept(results) ? 0 : 1;
//   }
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <engram/sdk/export.hpp>
#include <engram/sdk/settings.hpp>

namespace engram::sdk {

// A plugin with one set of options, and what it promises with them.
//
// Every model has three blocks of width 16, the head of a kept task "original" (three classes) and that of the trained
// task "new" (two). Passes and mixes may name the data set "original_train": 16 labelled rows of the kept task.
struct ENGRAM_SDK_EXPORT ContractCase {
  std::filesystem::path plugin;             // "gentle.engram.so"
  std::map<std::string, Setting> settings;  // as a recipe would set them; the rest keep their defaults
  bool identity_at_start = true;            // before the first step the model answers as if nothing were attached
};

enum class ContractOutcome {
  kept,
  broken,
  not_applicable,  // nothing of what the strategy claims comes under the rule
  not_reached,     // an earlier rule that it builds on is broken
};

struct ENGRAM_SDK_EXPORT ContractResult {
  std::string rule;
  std::string family;  // "bert"
  ContractOutcome outcome = ContractOutcome::kept;
  std::string why;  // of every outcome but `kept`: which parameter, at which step, by how much
};

// The families of models that the suite runs on.
ENGRAM_SDK_EXPORT std::vector<std::string> contract_families();

// The rules, in the order in which they are checked:
//   the plugin loads with these settings
//   plan is pure and repeatable
//   the claims match the model
//   the same seed gives the same start
//   the model starts as it was                          (where promised)
//   loss and gradients are finite
//   only claimed parameters change
//   a restored run takes the same next step             (bit for bit)
//   merged weights do what the adapters do              (within 1e-5 of the largest logit)
//   the end of a run leaves the weights alone
//   detached, the model is what its weights say         (bit for bit)
// One result for each rule and family. Throws nothing that a plugin causes.
ENGRAM_SDK_EXPORT std::vector<ContractResult> run_contract(const ContractCase& contract);

// Whether no rule is broken.
ENGRAM_SDK_EXPORT bool contract_kept(const std::vector<ContractResult>& results);

// One line for each result, for people: "bert  kept    plan is pure and repeatable".
ENGRAM_SDK_EXPORT std::string contract_text(const std::vector<ContractResult>& results);

}  // namespace engram::sdk
