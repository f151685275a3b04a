// tokenizer.json through the Rust bridge's C interface. The input is the file, a zero byte, and the text to be cut into
// tokens (none: a fixed one).
#include <engram_tokenizers.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "support/property.hpp"

namespace {

using namespace engram;

constexpr int64_t kLongest = 16;  // tokens

void check_error(char* error) {
  fuzz::require(error != nullptr && std::strlen(error) > 0, "a refusal has a text");
  engram_error_free(error);
}

void check(const EngramTokens& tokens, int64_t sequences) {
  fuzz::require(tokens.sequences == sequences && tokens.offsets[0] == 0, "a sequence for every text");
  for (int64_t i = 0; i < sequences; ++i) {
    const int64_t length = tokens.offsets[i + 1] - tokens.offsets[i];
    fuzz::require(length >= 0 && length <= kLongest, "no sequence is longer than asked for");
  }
  const int64_t count = tokens.offsets[sequences];  // which the host checks the values of
  fuzz::require(std::count(tokens.ids, tokens.ids + count, 0) <= count, "ids can be read");
  fuzz::require(std::count(tokens.type_ids, tokens.type_ids + count, 0) <= count, "types can be read");
  fuzz::require(tokens.truncated >= 0 && tokens.truncated <= sequences, "as many are cut as there are");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  const std::string_view json = input.substr(0, input.find('\0'));
  const std::string_view text =
      json.size() == input.size() ? std::string_view("the tokenizer's text, \xC3\xA9") : input.substr(json.size() + 1);
  char* error = nullptr;
  const std::unique_ptr<EngramTokenizer, void (*)(EngramTokenizer*)> tokenizer(
      engram_tokenizer_open({json.data(), json.size()}, &error), engram_tokenizer_close);
  if (tokenizer == nullptr) return check_error(error), 0;
  fuzz::require(engram_tokenizer_vocabulary_size(tokenizer.get()) >= 0, "a vocabulary has a size");
  const EngramText texts[] = {{text.data(), text.size()}, {"", 0}};
  for (const EngramText* pairs : {static_cast<const EngramText*>(nullptr), texts}) {
    if (engram_tokenizer_special_tokens(tokenizer.get(), pairs == nullptr ? 0 : 1) >= kLongest) continue;
    const std::unique_ptr<EngramTokens, void (*)(EngramTokens*)> tokens(
        engram_tokenizer_encode(tokenizer.get(), texts, pairs, 2, kLongest, 1, &error), engram_tokens_free);
    if (tokens == nullptr) {
      check_error(error);
    } else {
      check(*tokens, 2);
    }
  }
  return 0;
}
