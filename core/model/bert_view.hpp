// What a BERT model consists of: parameters, sites and taps by name, from its config alone.
#pragma once

#include "engram/sdk/model_view.hpp"
#include "model/bert_config.hpp"

namespace engram::model {

// The trunk: embeddings, blocks and pooler, in forward order, under the names of transformers' BertModel.
sdk::ModelView bert_view(const BertConfig& config);

// "heads.<task>.weight" and "heads.<task>.bias".
std::string head_weight_name(const std::string& task);
std::string head_bias_name(const std::string& task);

}  // namespace engram::model
