#include "data/tokenizer.hpp"

#include <engram_tokenizers.h>

#include <ATen/Parallel.h>

#include <mutex>

#include "base/errors.hpp"
#include "base/files.hpp"

namespace engram::data {
namespace {

EngramText view(const std::string& text) { return {text.data(), text.size()}; }

std::vector<EngramText> views(const std::vector<std::string>& texts) {
  std::vector<EngramText> views(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) views[i] = view(texts[i]);
  return views;
}

// Takes the bridge's error text over.
std::string taken(char* error) {
  std::string text = error != nullptr ? error : "no reason given";
  engram_error_free(error);
  return text;
}

}  // namespace

struct Tokenizer::Handle {
  std::string file;
  std::string json;  // until it is parsed
  std::string hash;
  std::once_flag parsed;
  EngramTokenizer* bridge = nullptr;

  ~Handle() { engram_tokenizer_close(bridge); }

  EngramTokenizer* open() {
    std::call_once(parsed, [this] {
      char* error = nullptr;
      bridge = engram_tokenizer_open(view(json), &error);
      if (bridge == nullptr) {
        throw DataError({.what = "is no tokenizer that can be read: " + taken(error),
                         .where = file,
                         .allowed = "a tokenizer.json as Hugging Face's fast tokenizers write it"});
      }
      json = {};
    });
    return bridge;
  }
};

Tokenizer::Tokenizer(const std::filesystem::path& file) : handle_(std::make_unique<Handle>()) {
  handle_->file = file.string();
  handle_->json = read_file(file);
  handle_->hash = sha256(handle_->json);
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

TokenizedTexts Tokenizer::encode(const std::vector<std::string>& texts, const std::vector<std::string>& pairs,
                                 int64_t max_length) const {
  if (!pairs.empty() && pairs.size() != texts.size()) {
    throw InternalError({.what = "encode() was given " + std::to_string(texts.size()) + " texts and " +
                                 std::to_string(pairs.size()) + " second sequences"});
  }
  const int64_t special = engram_tokenizer_special_tokens(handle_->open(), pairs.empty() ? 0 : 1);
  if (max_length <= special) {
    throw DataError({.what = "max_length is " + std::to_string(max_length) + ", which leaves no room for text beside " +
                             std::to_string(special) + " special tokens",
                     .where = handle_->file,
                     .allowed = std::to_string(special + 1) + " and above",
                     .fix = "raise train.max_length"});
  }
  const std::vector<EngramText> first = views(texts);
  const std::vector<EngramText> second = views(pairs);
  char* error = nullptr;
  const std::unique_ptr<EngramTokens, void (*)(EngramTokens*)> tokens(
      engram_tokenizer_encode(handle_->bridge, first.data(), pairs.empty() ? nullptr : second.data(), texts.size(),
                              max_length, at::get_num_threads(), &error),
      engram_tokens_free);
  if (tokens == nullptr) {
    throw DataError({.what = "could not tokenize: " + taken(error), .where = handle_->file});
  }
  TokenizedTexts result;
  result.offsets.assign(tokens->offsets, tokens->offsets + tokens->sequences + 1);
  result.ids.assign(tokens->ids, tokens->ids + result.offsets.back());
  result.type_ids.assign(tokens->type_ids, tokens->type_ids + result.offsets.back());
  result.truncated = tokens->truncated;
  return result;
}

int64_t Tokenizer::vocabulary_size() const { return engram_tokenizer_vocabulary_size(handle_->open()); }

const std::string& Tokenizer::hash() const { return handle_->hash; }

}  // namespace engram::data
