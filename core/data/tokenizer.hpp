// Hugging Face tokenizers through the Rust bridge: tokenizer.json in, token ids out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace engram::data {

// Token ids of many sequences, end to end. Sequence i is ids[offsets[i] .. offsets[i + 1]).
struct TokenizedTexts {
  std::vector<int32_t> ids;
  std::vector<int32_t> type_ids;  // 0 for the first sequence, 1 for the second of a pair; same length as ids
  std::vector<int64_t> offsets = {0};
  int64_t truncated = 0;  // sequences that lost tokens to max_length

  int64_t size() const { return static_cast<int64_t>(offsets.size()) - 1; }
};

class Tokenizer {
 public:
  // `file` is a tokenizer.json. Throws DataError when it cannot be read. It is parsed when first needed, so that runs
  // with cached tokens start without it; encode() and vocabulary_size() throw DataError when it is no tokenizer.
  explicit Tokenizer(const std::filesystem::path& file);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  // With special tokens, truncated (longest first) to max_length. `pairs` is empty or as long as `texts`. On as many
  // threads as ATen uses. Polls the interrupt flag. Throws DataError for a max_length without room for text.
  TokenizedTexts encode(const std::vector<std::string>& texts, const std::vector<std::string>& pairs,
                        int64_t max_length) const;
  int64_t vocabulary_size() const;
  // SHA-256 of the file, for cache keys and manifests.
  const std::string& hash() const;

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace engram::data
