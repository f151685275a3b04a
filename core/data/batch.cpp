#include "data/batch.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>

namespace engram::data {

int64_t Batch::longest() const {
  int64_t longest = 0;
  for (size_t b = 1; b < offsets.size(); ++b) longest = std::max(longest, offsets[b] - offsets[b - 1]);
  return longest;
}

Batch Batch::to(at::Device device) const {
  Batch moved = *this;
  for (at::Tensor Batch::*tensor :
       {&Batch::input_ids_T, &Batch::token_type_ids_T, &Batch::position_ids_T, &Batch::labels_B}) {
    moved.*tensor = (this->*tensor).to(device, /*non_blocking=*/true);
  }
  return moved;
}

Batch pack(const Examples& examples, std::span<const int64_t> rows) {
  const TokenizedTexts& tokens = examples.tokens;
  Batch batch;
  batch.rows.assign(rows.begin(), rows.end());
  batch.offsets.reserve(rows.size() + 1);
  batch.offsets.push_back(0);
  for (const int64_t row : rows) {
    const auto at = static_cast<size_t>(row);
    batch.offsets.push_back(batch.offsets.back() + tokens.offsets[at + 1] - tokens.offsets[at]);
  }

  batch.input_ids_T = at::empty({batch.tokens()}, at::kLong);
  batch.token_type_ids_T = at::empty({batch.tokens()}, at::kLong);
  batch.position_ids_T = at::empty({batch.tokens()}, at::kLong);
  batch.labels_B = at::empty({batch.size()}, at::kLong);
  int64_t* ids = batch.input_ids_T.mutable_data_ptr<int64_t>();
  int64_t* types = batch.token_type_ids_T.mutable_data_ptr<int64_t>();
  int64_t* positions = batch.position_ids_T.mutable_data_ptr<int64_t>();
  int64_t* labels = batch.labels_B.mutable_data_ptr<int64_t>();
  for (const int64_t row : rows) {
    const auto example = static_cast<size_t>(row);
    const int64_t start = tokens.offsets[example];
    const int64_t end = tokens.offsets[example + 1];
    ids = std::copy(tokens.ids.begin() + start, tokens.ids.begin() + end, ids);
    types = std::copy(tokens.type_ids.begin() + start, tokens.type_ids.begin() + end, types);
    for (int64_t position = 0; position < end - start; ++position) *positions++ = position;
    *labels++ = examples.labels[example];
  }
  return batch;
}

Batch join(const std::vector<Batch>& batches) {
  if (batches.size() == 1) return batches.front();
  Batch joined{.offsets = {0}};
  for (const Batch& batch : batches) {
    const int64_t begin = joined.offsets.back();
    for (size_t b = 1; b < batch.offsets.size(); ++b) joined.offsets.push_back(begin + batch.offsets[b]);
    joined.rows.insert(joined.rows.end(), batch.rows.begin(), batch.rows.end());
  }
  for (at::Tensor Batch::*tensor :
       {&Batch::input_ids_T, &Batch::token_type_ids_T, &Batch::position_ids_T, &Batch::labels_B}) {
    std::vector<at::Tensor> parts;
    for (const Batch& batch : batches) parts.push_back(batch.*tensor);
    joined.*tensor = at::cat(parts);
  }
  return joined;
}

std::vector<int64_t> epoch_order(int64_t count, uint64_t seed, int64_t epoch) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed + static_cast<uint64_t>(epoch));
  const at::Tensor order = at::randperm(count, generator, at::kLong);
  const int64_t* first = order.const_data_ptr<int64_t>();
  return {first, first + count};
}

}  // namespace engram::data
