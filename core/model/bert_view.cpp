#include "model/bert_view.hpp"

#include "model/folder.hpp"

namespace engram::model {
namespace {

class ViewBuilder {
 public:
  explicit ViewBuilder(const BertConfig& config) : config_(config) {}

  sdk::ModelView build() {
    view_.family = "bert";
    view_.layers = config_.layers;
    view_.hidden = config_.hidden;
    view_.vocabulary = config_.vocabulary;
    view_.max_positions = config_.max_positions;
    add_embeddings();
    for (layer_ = 0; layer_ < config_.layers; ++layer_) add_block();
    layer_ = -1;
    role_ = sdk::Role::pooler;
    add_linear("pooler.dense", config_.hidden, config_.hidden);
    return std::move(view_);
  }

 private:
  void add_parameter(const std::string& name, std::vector<int64_t> shape) {
    view_.parameters.push_back({.name = name, .shape = std::move(shape), .role = role_, .layer = layer_});
  }

  void add_linear(const std::string& name, int64_t in, int64_t out) {
    add_parameter(name + ".weight", {out, in});
    add_parameter(name + ".bias", {out});
    view_.linear_sites.push_back({.name = name, .in = in, .out = out, .bias = true, .role = role_, .layer = layer_});
  }

  void add_norm(const std::string& name) {
    add_parameter(name + ".weight", {config_.hidden});
    add_parameter(name + ".bias", {config_.hidden});
  }

  void add_embedding(const std::string& name, int64_t rows) {
    add_parameter(name + ".weight", {rows, config_.hidden});
    view_.embedding_sites.push_back({.name = name, .vocabulary = rows, .width = config_.hidden});
  }

  void add_embeddings() {
    role_ = sdk::Role::embedding;
    add_embedding("embeddings.word_embeddings", config_.vocabulary);
    add_embedding("embeddings.position_embeddings", config_.max_positions);
    add_embedding("embeddings.token_type_embeddings", config_.token_types);
    add_norm("embeddings.LayerNorm");
    view_.taps.emplace_back("embeddings");
  }

  void add_block() {
    role_ = sdk::Role::block;
    const std::string block = "encoder.layer." + std::to_string(layer_);
    for (const char* name : {"query", "key", "value"}) {
      add_linear(block + ".attention.self." + name, config_.hidden, config_.hidden);
    }
    add_linear(block + ".attention.output.dense", config_.hidden, config_.hidden);
    add_norm(block + ".attention.output.LayerNorm");
    add_linear(block + ".intermediate.dense", config_.hidden, config_.intermediate);
    add_linear(block + ".output.dense", config_.intermediate, config_.hidden);
    add_norm(block + ".output.LayerNorm");
    view_.attention_sites.push_back({.name = block + ".attention",
                                     .layer = layer_,
                                     .heads = config_.heads,
                                     .key_value_heads = config_.heads,
                                     .head_size = config_.hidden / config_.heads,
                                     .input = view_.taps.back(),
                                     .key = block + ".attention.self.key",
                                     .value = block + ".attention.self.value"});
    view_.taps.push_back(block);
  }

  const BertConfig& config_;
  sdk::ModelView view_;
  sdk::Role role_ = sdk::Role::embedding;
  int64_t layer_ = -1;
};

}  // namespace

sdk::ModelView bert_view(const BertConfig& config) { return ViewBuilder(config).build(); }

std::string head_weight_name(const std::string& task) { return "heads." + task + ".weight"; }
std::string head_bias_name(const std::string& task) { return "heads." + task + ".bias"; }

void add_head_to_view(sdk::ModelView& view, const std::string& task, int64_t classes, HeadUse use) {
  for (const auto& [name, shape] : {std::pair{head_weight_name(task), std::vector<int64_t>{classes, view.hidden}},
                                    std::pair{head_bias_name(task), std::vector<int64_t>{classes}}}) {
    view.parameters.push_back({.name = name,
                               .shape = shape,
                               .role = sdk::Role::head,
                               .layer = -1,
                               .task = task,
                               .trained_head = use == HeadUse::trained});
  }
}

}  // namespace engram::model
