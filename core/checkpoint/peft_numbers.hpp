// Ranks and alphas of adapter_config.json, which patterns may give to some modules.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "checkpoint/peft_config.hpp"

namespace engram::checkpoint {

// rank_pattern with r, or alpha_pattern with lora_alpha.
class PeftNumbers {
 public:
  // `modules` are the targets' names as peft knows them. Faults: keys that are no regular expression or match no
  // target, and values that are no number.
  PeftNumbers(const PeftConfig& config, const std::string& table, const std::string& otherwise,
              const std::vector<std::string>& modules);

  // Of the first key that matches the whole name or its end behind a dot, else the common one.
  double of(const std::string& module) const;

 private:
  void read(const PeftConfig& config, const std::string& table, const std::string& key, const Json& value,
            const std::vector<std::string>& modules);

  double common_ = 0;
  std::map<std::string, double> by_module_;
};

}  // namespace engram::checkpoint
