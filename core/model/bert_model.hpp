// The BERT family: embeddings, encoder blocks, pooler and one linear head per task (transformers'
// BertForSequenceClassification without padding).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/bert_block.hpp"
#include "model/bert_config.hpp"
#include "model/model.hpp"
#include "model/prompt_rows.hpp"

namespace engram::model {

class BertModel final : public Model {
 public:
  // `tensors`: every trunk parameter of bert_view(config), fp32, in any order.
  BertModel(BertConfig config, const std::vector<NamedTensor>& tensors);

  const BertConfig& config() const { return config_; }

  const sdk::ModelView& view() const override { return view_; }
  at::Tensor encode(const data::Batch& batch, const Pass& pass) const override;
  at::Tensor pooled(const data::Batch& batch, const Pass& pass) const override;
  at::Tensor head_logits(const at::Tensor& pooled_BH, const std::string& task, const Pass& pass) const override;
  std::vector<int64_t> tap_offsets(const data::Batch& batch, const Pass& pass) const override;
  void add_fresh_head(const std::string& task, std::vector<std::string> labels, at::Generator generator) override;
  void set_head(Head head) override;
  const Head* find_head(const std::string& task) const override;
  std::vector<Head> heads() const override { return heads_; }
  std::vector<NamedTensor> parameters() const override;
  at::Tensor parameter(const std::string& name) const override;
  void attach(const std::string& site, BoundAdapter adapter) override;
  void attach_prefix(const std::string& attention_site, BoundPrefix prefix) override;
  void attach_prompt(BoundPrompt prompt) override;
  int64_t virtual_tokens() const override { return virtual_tokens_; }
  void detach_all() override;
  void set_dropout(double probability) override;
  void move_to(at::Device device) override;
  at::Device device() const override { return device_; }

 private:
  // What one forward pass needs throughout.
  struct Running {
    PassState state;
    kernels::PackedLayout layout;      // of the sequences as the blocks see them
    int64_t shift = 0;                 // of text positions
    std::optional<PromptRows> prompt;  // where the prompt goes; empty: nowhere
  };

  Running start(const data::Batch& batch, const Pass& pass) const;
  void check_batch(const data::Batch& batch, int64_t virtual_tokens) const;
  at::Tensor embed(const data::Batch& batch, const Running& run) const;
  at::Tensor prompt_embeddings() const;
  at::Tensor encode_until(size_t block_count, const data::Batch& batch, const Pass& pass, const Running& run) const;
  void place_head(Head head, HeadUse use);

  BertConfig config_;
  sdk::ModelView view_;
  std::map<std::string, at::Tensor> trunk_;
  std::vector<Head> heads_;
  at::Device device_ = at::kCPU;
  BlockSettings settings_;
  double classifier_dropout_ = 0;
  int64_t virtual_tokens_ = 0;
  std::optional<BoundPrompt> prompt_;

  at::Tensor words_, positions_, token_types_;
  LayerNorm embedding_norm_;
  std::vector<BertBlock> blocks_;
  Linear pooler_;
};

}  // namespace engram::model
