#include "data/tokenizer.hpp"

#include <engram_tokenizers.h>

#include <ATen/Parallel.h>

#include <algorithm>
#include <mutex>
#include <span>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/interrupt.hpp"

namespace engram::data {
namespace {

constexpr size_t kAtOnce = 4096;  // texts, between two looks at the interrupt flag

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

  // A template may give any token any type.
  void check_ids(std::span<const int32_t> ids, std::span<const int32_t> type_ids) const {
    const auto negative = std::find_if(ids.begin(), ids.end(), [](int32_t id) { return id < 0; });
    const auto odd =
        std::find_if(type_ids.begin(), type_ids.end(), [](int32_t type) { return type != 0 && type != 1; });
    if (negative == ids.end() && odd == type_ids.end()) return;
    const bool is_id = negative != ids.end();
    throw DataError({.what = (is_id ? "gives a token the id " : "gives a token the type ") +
                             std::to_string(is_id ? static_cast<uint32_t>(*negative) : static_cast<uint32_t>(*odd)),
                     .where = file,
                     .allowed = is_id ? "ids below 2,147,483,648" : "0 for the first text, 1 for the second"});
  }

  // Appends. `pairs`: as many as texts, or none.
  void encode(std::span<const EngramText> texts, std::span<const EngramText> pairs, int64_t max_length,
              TokenizedTexts& all) const {
    char* error = nullptr;
    const std::unique_ptr<EngramTokens, void (*)(EngramTokens*)> tokens(
        engram_tokenizer_encode(bridge, texts.data(), pairs.empty() ? nullptr : pairs.data(), texts.size(), max_length,
                                at::get_num_threads(), &error),
        engram_tokens_free);
    if (tokens == nullptr) {
      throw DataError({.what = "could not tokenize: " + taken(error), .where = file});
    }
    const int64_t before = all.offsets.back(), count = tokens->offsets[tokens->sequences];
    check_ids({tokens->ids, static_cast<size_t>(count)}, {tokens->type_ids, static_cast<size_t>(count)});
    for (size_t i = 1; i <= static_cast<size_t>(tokens->sequences); ++i) {
      all.offsets.push_back(before + tokens->offsets[i]);
    }
    all.ids.insert(all.ids.end(), tokens->ids, tokens->ids + count);
    all.type_ids.insert(all.type_ids.end(), tokens->type_ids, tokens->type_ids + count);
    all.truncated += tokens->truncated;
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
  TokenizedTexts result;
  result.offsets = {0};
  for (size_t begin = 0; begin < texts.size(); begin += kAtOnce) {
    interrupt::check();
    const size_t count = std::min(kAtOnce, texts.size() - begin);
    const std::span<const EngramText> pair(second.data(), second.size());
    handle_->encode(std::span(first).subspan(begin, count), pair.empty() ? pair : pair.subspan(begin, count),
                    max_length, result);
  }
  return result;
}

int64_t Tokenizer::vocabulary_size() const { return engram_tokenizer_vocabulary_size(handle_->open()); }

const std::string& Tokenizer::hash() const { return handle_->hash; }

}  // namespace engram::data
