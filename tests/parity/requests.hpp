// What the parity tools read and print: batches of token ids, rows of numbers.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "data/batch.hpp"

namespace engram::parity {

// {"ids": [[...], ...], "types": [[...], ...]}, one list a sequence.
inline data::Batch batch_of(const Json& request) {
  std::vector<int64_t> ids;
  std::vector<int64_t> types;
  std::vector<int64_t> positions;
  data::Batch batch{.offsets = {0}};
  for (size_t b = 0; b < request.at("ids").size(); ++b) {
    const auto sequence = request.at("ids")[b].get<std::vector<int64_t>>();
    const auto sequence_types = request.at("types")[b].get<std::vector<int64_t>>();
    ids.insert(ids.end(), sequence.begin(), sequence.end());
    types.insert(types.end(), sequence_types.begin(), sequence_types.end());
    for (size_t i = 0; i < sequence.size(); ++i) positions.push_back(static_cast<int64_t>(i));
    batch.offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  batch.input_ids_T = at::tensor(ids, at::kLong);
  batch.token_type_ids_T = at::tensor(types, at::kLong);
  batch.position_ids_T = at::tensor(positions, at::kLong);
  return batch;
}

inline Json rows_of(const at::Tensor& matrix) {
  Json rows = Json::array();
  const at::Tensor contiguous = matrix.to(at::kDouble).contiguous();
  for (int64_t i = 0; i < contiguous.size(0); ++i) {
    const double* row = contiguous.const_data_ptr<double>() + i * contiguous.size(1);
    rows.push_back(std::vector<double>(row, row + contiguous.size(1)));
  }
  return rows;
}

}  // namespace engram::parity
