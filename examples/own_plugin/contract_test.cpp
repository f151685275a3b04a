// engram's contract suite on gpm, with the settings that change what it claims.
#include <engram/sdk/testing.hpp>

#include <iostream>

namespace sdk = engram::sdk;

int main(int, char** arguments) {
  const std::vector<std::map<std::string, sdk::Setting>> cases = {
      {},
      {{"energy", 0.5}, {"samples", int64_t{5}}},
      {{"directions", int64_t{2}}, {"targets", std::vector<std::string>{"query", "output.dense"}}},
      {{"freeze_rest", false}},
  };
  bool kept = true;
  for (std::map<std::string, sdk::Setting> settings : cases) {
    settings["data"] = std::string("original_train");
    sdk::ContractCase contract;
    contract.plugin = arguments[1];
    contract.settings = settings;
    const std::vector<sdk::ContractResult> results = sdk::run_contract(contract);
    std::cout << sdk::contract_text(results) << "\n";
    kept = kept && sdk::contract_kept(results);
  }
  return kept ? 0 : 1;
}
