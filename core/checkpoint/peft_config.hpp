// adapter_config.json of a LoRA adapter, as far as it decides what the adapter computes.
#pragma once

#include <filesystem>
#include <string>

#include "base/errors.hpp"
#include "base/json.hpp"

namespace engram::checkpoint {

// "LORA", "PREFIX_TUNING", ...: which reader an adapter's folder needs. Empty when the config does not say.
std::string peft_type_of(const std::filesystem::path& folder);

class PeftLoraConfig {
 public:
  // Adds a fault for everything in the file that would make the adapter compute something else: keys that PEFT has for
  // variants of LoRA, and unknown ones, are accepted only at null, false or empty. Throws DataError when the adapter is
  // of another type.
  PeftLoraConfig(const std::filesystem::path& folder, Faults& faults);

  bool dora() const { return is_true("use_dora"); }
  // The scale of the update of one module (its full name in transformers' class with a head), whose A has `rank` rows.
  double scale_of(const std::string& module, int64_t rank, Faults& faults) const;

 private:
  void check_keys(Faults& faults) const;
  bool is_true(const char* key) const;
  // PEFT's rule: the first key that, as a regular expression, matches the whole name or its end behind a dot.
  double number_for(const std::string& module, const char* table, const char* otherwise, double fallback,
                    Faults& faults) const;
  Fault fault(const std::string& what, const std::string& allowed) const;

  std::filesystem::path file_;
  Json json_;
};

}  // namespace engram::checkpoint
