// The BERT family: embeddings, encoder blocks, pooler and one linear head per task (transformers'
// BertForSequenceClassification without padding).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/bert_block.hpp"
#include "model/bert_config.hpp"
#include "model/model.hpp"

namespace engram::model {

class BertModel final : public Model {
 public:
  // `tensors`: every trunk parameter of bert_view(config), fp32, in any order.
  BertModel(BertConfig config, const std::vector<NamedTensor>& tensors);

  const BertConfig& config() const { return config_; }

  const sdk::ModelView& view() const override { return view_; }
  at::Tensor encode(const data::Batch& batch, const Pass& pass) const override;
  at::Tensor logits(const data::Batch& batch, const std::string& task, const Pass& pass) const override;
  at::Tensor pooled(const data::Batch& batch, const Pass& pass) const override;
  void add_fresh_head(const std::string& task, std::vector<std::string> labels, at::Generator generator) override;
  void set_head(Head head) override;
  const Head* find_head(const std::string& task) const override;
  std::vector<Head> heads() const override { return heads_; }
  std::vector<NamedTensor> parameters() const override;
  at::Tensor parameter(const std::string& name) const override;
  void attach(const std::string& site, BoundAdapter adapter) override;
  void detach_all() override;
  void set_dropout(double probability) override;
  void move_to(at::Device device) override;
  at::Device device() const override { return device_; }

 private:
  PassState start(const data::Batch& batch, const Pass& pass, const kernels::PackedLayout& layout) const;
  at::Tensor embed(const data::Batch& batch, const PassState& state) const;
  at::Tensor encode_until(size_t block_count, const data::Batch& batch, const Pass& pass, const PassState& state,
                          const kernels::PackedLayout& layout) const;
  at::Tensor pool(const data::Batch& batch, const Pass& pass, const PassState& state,
                  const kernels::PackedLayout& layout) const;
  void place_head(Head head, HeadUse use);

  BertConfig config_;
  sdk::ModelView view_;
  std::map<std::string, at::Tensor> trunk_;
  std::vector<Head> heads_;
  at::Device device_ = at::kCPU;
  BlockSettings settings_;
  double classifier_dropout_ = 0;

  at::Tensor words_, positions_, token_types_;
  LayerNorm embedding_norm_;
  std::vector<BertBlock> blocks_;
  Linear pooler_;
};

}  // namespace engram::model
