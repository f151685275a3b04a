// adapter_config.json, as far as it decides what an adapter computes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "checkpoint/adapter_faults.hpp"

namespace engram::checkpoint {

class PeftConfig {
 public:
  // Adds a fault for every key whose value would make the adapter compute something else than engram does: keys of
  // PEFT's variants and unknown ones are accepted at null, false, empty, or at the default that peft writes. Throws
  // DataError when the file is no config of LoRA, a prefix or a prompt.
  PeftConfig(const std::filesystem::path& folder, Faults& faults);

  const std::string& type() const { return type_; }  // kLoraType, kPrefixType or kPromptType
  std::string base() const;                          // as base_named_by()
  std::string task_type() const { return text("task_type"); }
  // modules_to_save, each once, but for the head's names, which peft adds by itself.
  std::vector<std::string> saved_modules() const;
  // Whether the head is among modules_to_save.
  bool saves_head() const;

  const Json* find(const std::string& key) const;  // nullptr: missing or null
  bool is_true(const std::string& key) const;
  std::string text(const std::string& key) const;  // empty where it is none
  // A list of texts, or one text; empty where it is missing. What is neither is a fault, here and below.
  std::vector<std::string> texts(const std::string& key) const;
  std::vector<int64_t> whole_numbers(const std::string& key) const;
  double number(const std::string& key, double otherwise) const;
  int64_t whole_number(const std::string& key, int64_t otherwise) const;

  const AdapterFaults& faults() const { return faults_; }

 private:
  void check_keys() const;
  void check_flags() const;
  void check_task() const;

  AdapterFaults faults_;
  Json json_;
  std::string type_;
};

// base_model_name_or_path of an adapter's config, with its revision: org/name@revision; empty when it does not say.
std::string base_named_by(const std::filesystem::path& folder);

// A value as a message shows it.
std::string shown(const Json& value);

}  // namespace engram::checkpoint
