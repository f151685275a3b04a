// Whether a tokenizer and a model belong together.
#pragma once

#include <string>

#include "data/tokenizer.hpp"
#include "engram/sdk/model_view.hpp"

namespace engram::model {

// A tokenizer of another model gives ids that this one's tables do not hold. `where` begins the error text: "data.new".
// Throws DataError.
void require_known_ids(const data::TokenizedTexts& tokens, const sdk::ModelView& view, const std::string& where);

}  // namespace engram::model
