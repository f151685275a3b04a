#include "model/known_ids.hpp"

#include <algorithm>

#include "base/errors.hpp"

namespace engram::model {
namespace {

int64_t type_vocabulary(const sdk::ModelView& view) {
  for (const sdk::EmbeddingSite& site : view.embedding_sites) {
    if (site.name == "embeddings.token_type_embeddings") return site.vocabulary;
  }
  return 1;
}

int64_t largest_of(const std::vector<int32_t>& ids) {
  return ids.empty() ? 0 : *std::max_element(ids.begin(), ids.end());
}

}  // namespace

void require_known_ids(const data::TokenizedTexts& tokens, const sdk::ModelView& view, const std::string& where) {
  const int64_t largest = largest_of(tokens.ids);
  const int64_t largest_type = largest_of(tokens.type_ids);
  const int64_t known_types = type_vocabulary(view);
  if (largest < view.vocabulary && largest_type < known_types) return;
  throw DataError({.what = where + " gives the token id " + std::to_string(largest) + " and the type id " +
                           std::to_string(largest_type) + ", and the model knows " + std::to_string(view.vocabulary) +
                           " tokens and " + std::to_string(known_types) + " types",
                   .fix = "put the tokenizer.json that belongs to the model into its folder"});
}

}  // namespace engram::model
