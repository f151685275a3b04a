// adapter_config.json of PEFT. The input is its text.
#include <regex>

#include "checkpoint/peft_config.hpp"
#include "checkpoint/peft_regex.hpp"
#include "checkpoint/peft_words.hpp"
#include "support/memory_file.hpp"
#include "support/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engram;
  static const fuzz::MemoryFolder folder;
  folder.write(checkpoint::kAdapterConfigFile, fuzz::text_of(data, size));
  Faults faults;
  const bool accepted = fuzz::accepts([&] {
    const fuzz::AllocationLimit limit(size);
    const checkpoint::PeftConfig config(folder.path(), faults);
    config.base();
    config.saved_modules();
    config.saves_head();
    for (const char* key : {"layers_to_transform", "r", "lora_alpha"}) config.whole_numbers(key);
    config.whole_number("num_virtual_tokens", 1);
    config.number("lora_dropout", 0);
  });
  if (!accepted) return 0;
  fuzz::accepts([&] {
    const checkpoint::PeftConfig config(folder.path(), faults);
    for (const std::string& target : config.texts("target_modules")) {
      const auto expression = checkpoint::compiled(target);
      if (expression) std::regex_match("encoder.layer.0.attention.self.query", *expression);
    }
    faults.raise<DataError>();
  });
  return 0;
}
