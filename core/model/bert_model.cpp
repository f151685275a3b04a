#include "model/bert_model.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"
#include "model/bert_view.hpp"
#include "model/folder.hpp"

namespace engram::model {
namespace {

std::vector<std::string> tasks_of(const std::vector<Head>& heads) {
  std::vector<std::string> tasks;
  for (const Head& head : heads) tasks.push_back(head.task);
  return tasks;
}

[[noreturn]] void refuse_ids(const std::string& what, int64_t value, int64_t limit) {
  throw InternalError({.what = "a batch holds the " + what + " " + std::to_string(value),
                       .allowed = "0 to " + std::to_string(limit - 1)});
}

// On a CPU only: elsewhere reading the ids would wait for the device, which itself refuses what is out of range.
void check_range(const at::Tensor& ids_T, const std::string& what, int64_t limit) {
  if (!ids_T.is_cpu()) return;
  const int64_t* ids = ids_T.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < ids_T.numel(); ++i) {
    if (ids[i] < 0 || ids[i] >= limit) refuse_ids(what, ids[i], limit);
  }
}

// In a record of the word embeddings: a row that a prompt took the place of.
constexpr int64_t kNoRow = -1;

void record_embeddings(const std::function<void(const Recorded&)>& record, const at::Tensor& words,
                       const at::Tensor& types, const at::Tensor& positions, const at::Tensor& sum_TH) {
  const auto table = [&](const std::string& name, const at::Tensor& ids) {
    record({.kind = Recorded::Kind::embedding, .name = "embeddings." + name, .input = ids, .output = sum_TH});
  };
  table("word_embeddings", words);
  table("position_embeddings", positions);
  table("token_type_embeddings", types);
}

}  // namespace

BertModel::BertModel(BertConfig config, const std::vector<NamedTensor>& tensors)
    : config_(std::move(config)), view_(bert_view(config_)) {
  for (const NamedTensor& named : tensors) trunk_[named.name] = named.tensor;
  const ParameterSource source = [this](const std::string& name) { return parameter(name); };
  words_ = source("embeddings.word_embeddings.weight");
  positions_ = source("embeddings.position_embeddings.weight");
  token_types_ = source("embeddings.token_type_embeddings.weight");
  embedding_norm_ = LayerNorm("embeddings.LayerNorm", config_.layer_norm_eps, source);
  for (int64_t layer = 0; layer < config_.layers; ++layer) blocks_.emplace_back(layer, config_, source);
  pooler_ = Linear("pooler.dense", source);
  settings_ = {.heads = config_.heads,
               .hidden_dropout = config_.hidden_dropout,
               .attention_dropout = config_.attention_dropout,
               .activation = config_.activation};
  classifier_dropout_ = config_.classifier_dropout.value_or(config_.hidden_dropout);
}

BertModel::Running BertModel::start(const data::Batch& batch, const Pass& pass) const {
  Running run{.state = {.dropout = pass.training ? pass.dropout_generator : std::nullopt,
                        .adapters = pass.adapters,
                        .on_record = pass.on_record},
              .layout = {},
              .shift = pass.adapters ? virtual_tokens_ : 0,
              .prompt = {}};
  const at::Device device = batch.input_ids_T.device();
  run.layout = kernels::make_layout(tap_offsets(batch, pass), device);
  check_batch(batch, run.shift);
  if (pass.adapters && prompt_) run.prompt.emplace(batch.offsets, virtual_tokens_, device);
  if (pass.training && !pass.dropout_generator) {
    const bool drops = settings_.hidden_dropout > 0 || settings_.attention_dropout > 0 || classifier_dropout_ > 0;
    if (drops) throw InternalError({.what = "a training pass with dropout was started without a generator"});
  }
  return run;
}

void BertModel::check_batch(const data::Batch& batch, int64_t virtual_tokens) const {
  if (batch.longest() + virtual_tokens > config_.max_positions) {
    const std::string more = virtual_tokens > 0 ? " and " + std::to_string(virtual_tokens) + " virtual ones" : "";
    throw InternalError(
        {.what = "a sequence of " + std::to_string(batch.longest()) + " tokens" + more + " reached the model",
         .allowed = "at most " + std::to_string(config_.max_positions) + " tokens"});
  }
  check_range(batch.input_ids_T, "token id", config_.vocabulary);
  check_range(batch.token_type_ids_T, "token type", config_.token_types);
  check_range(batch.position_ids_T, "position", config_.max_positions - virtual_tokens);
}

std::vector<int64_t> BertModel::tap_offsets(const data::Batch& batch, const Pass& pass) const {
  return pass.adapters && prompt_ ? lengthened(batch.offsets, virtual_tokens_) : batch.offsets;
}

at::Tensor BertModel::prompt_embeddings() const {
  at::Tensor made = prompt_->source();
  if (made.defined() && made.sizes() == at::IntArrayRef({virtual_tokens_, config_.hidden})) return made;
  throw InternalError({.what = "a prompt does not have the shape (" + std::to_string(virtual_tokens_) + ", " +
                               std::to_string(config_.hidden) + ")"});
}

// Soft tokens have the token type 0 and the positions before the text's.
at::Tensor BertModel::embed(const data::Batch& batch, const Running& run) const {
  at::Tensor ids = batch.input_ids_T, types = batch.token_type_ids_T, positions = batch.position_ids_T;
  at::Tensor words_TH = at::embedding(words_, ids);
  if (run.shift > 0) positions = positions + run.shift;
  if (run.prompt) {
    const at::Tensor places = at::arange(run.shift, positions.options());
    words_TH = run.prompt->place(words_TH, prompt_embeddings());
    types = run.prompt->place(types, at::zeros_like(places));
    positions = run.prompt->place(positions, places);
  }
  const at::Tensor sum_TH = words_TH + at::embedding(token_types_, types) + at::embedding(positions_, positions);
  if (run.state.on_record) {
    if (!sum_TH.requires_grad()) sum_TH.set_requires_grad(true);
    if (run.prompt) ids = run.prompt->place(ids, at::full({run.shift}, kNoRow, ids.options()));
    record_embeddings(run.state.on_record, ids, types, positions, sum_TH);
  }
  return kernels::dropout(embedding_norm_.forward(sum_TH, run.state), settings_.hidden_dropout, run.state.dropout);
}

at::Tensor BertModel::encode_until(size_t block_count, const data::Batch& batch, const Pass& pass,
                                   const Running& run) const {
  at::Tensor hidden_TH = embed(batch, run);
  if (pass.on_tap) pass.on_tap(view_.taps[0], hidden_TH);
  for (size_t i = 0; i < block_count; ++i) {
    hidden_TH = blocks_[i].forward(hidden_TH, run.layout, settings_, run.state);
    if (pass.on_tap) pass.on_tap(view_.taps[i + 1], hidden_TH);
  }
  return hidden_TH;
}

at::Tensor BertModel::encode(const data::Batch& batch, const Pass& pass) const {
  return encode_until(blocks_.size(), batch, pass, start(batch, pass));
}

// Of the last block's output the pooler reads the first tokens only, so only they are computed unless a tap wants all.
at::Tensor BertModel::pooled(const data::Batch& batch, const Pass& pass) const {
  const Running run = start(batch, pass);
  at::Tensor first_BH;
  if (pass.on_tap) {
    first_BH = encode_until(blocks_.size(), batch, pass, run).index_select(0, run.layout.first_B);
  } else {
    const at::Tensor hidden_TH = encode_until(blocks_.size() - 1, batch, pass, run);
    first_BH = blocks_.back().forward_first_tokens(hidden_TH, run.layout, settings_, run.state);
  }
  return at::tanh(pooler_.forward(first_BH, run.state));
}

at::Tensor BertModel::head_logits(const at::Tensor& pooled_BH, const std::string& task, const Pass& pass) const {
  const Head* head = find_head(task);
  if (head == nullptr) {
    throw InternalError(
        {.what = "the model has no head for the task '" + task + "'" + text::did_you_mean(task, tasks_of(heads_))});
  }
  const kernels::DropoutSource dropout = pass.training ? pass.dropout_generator : std::nullopt;
  return at::linear(kernels::dropout(pooled_BH, classifier_dropout_, dropout), head->weight, head->bias);
}

void BertModel::add_fresh_head(const std::string& task, std::vector<std::string> labels, at::Generator generator) {
  const int64_t classes = static_cast<int64_t>(labels.size());
  at::Tensor weight = at::empty({classes, config_.hidden}, at::kFloat);
  weight.normal_(0, config_.initializer_range, std::move(generator));
  place_head({task, std::move(labels), weight.to(device_), at::zeros({classes}, at::dtype(at::kFloat).device(device_))},
             HeadUse::trained);
}

void BertModel::set_head(Head head) {
  head.weight = head.weight.detach().to(device_, at::kFloat);
  head.bias = head.bias.detach().to(device_, at::kFloat);
  place_head(std::move(head), HeadUse::kept);
}

void BertModel::place_head(Head head, HeadUse use) {
  const int64_t classes = static_cast<int64_t>(head.labels.size());
  if (head.task.empty() || classes < 1 || head.weight.sizes() != at::IntArrayRef({classes, config_.hidden}) ||
      head.bias.sizes() != at::IntArrayRef({classes})) {
    throw InternalError({.what = "the head of task '" + head.task + "' does not fit: it needs a name, labels, a (" +
                                 std::to_string(classes) + ", " + std::to_string(config_.hidden) +
                                 ") weight and a bias"});
  }
  std::erase_if(heads_, [&](const Head& other) { return other.task == head.task; });
  std::erase_if(view_.parameters, [&](const sdk::Parameter& parameter) {
    return parameter.role == sdk::Role::head && parameter.task == head.task;
  });
  add_head_to_view(view_, head.task, classes, use);
  heads_.push_back(std::move(head));
}

const Head* BertModel::find_head(const std::string& task) const {
  for (const Head& head : heads_) {
    if (head.task == task) return &head;
  }
  return nullptr;
}

std::vector<NamedTensor> BertModel::parameters() const {
  std::vector<NamedTensor> all;
  for (const sdk::Parameter& known : view_.parameters) all.push_back({known.name, parameter(known.name)});
  return all;
}

at::Tensor BertModel::parameter(const std::string& name) const {
  if (const auto found = trunk_.find(name); found != trunk_.end()) return found->second;
  for (const Head& head : heads_) {
    if (name == head_weight_name(head.task)) return head.weight;
    if (name == head_bias_name(head.task)) return head.bias;
  }
  std::vector<std::string> names;
  for (const sdk::Parameter& known : view_.parameters) names.push_back(known.name);
  throw InternalError({.what = "the model has no parameter '" + name + "'" + text::did_you_mean(name, names)});
}

void BertModel::attach(const std::string& site, BoundAdapter adapter) {
  Linear* linear = site == "pooler.dense" ? &pooler_ : nullptr;
  for (int64_t layer = 0; layer < config_.layers && linear == nullptr; ++layer) {
    const std::string block = "encoder.layer." + std::to_string(layer) + ".";
    if (site.starts_with(block)) linear = blocks_[static_cast<size_t>(layer)].find(site.substr(block.size()));
  }
  if (linear == nullptr) {
    std::vector<std::string> names;
    for (const sdk::LinearSite& known : view_.linear_sites) names.push_back(known.name);
    throw InternalError({.what = "the model has no linear site '" + site + "'" + text::did_you_mean(site, names)});
  }
  linear->attach(std::move(adapter));
}

void BertModel::attach_prefix(const std::string& attention_site, BoundPrefix prefix) {
  std::vector<std::string> names;
  for (const sdk::AttentionSite& site : view_.attention_sites) {
    names.push_back(site.name);
    if (site.name != attention_site) continue;
    if (prompt_ || (virtual_tokens_ > 0 && virtual_tokens_ != prefix.tokens) || prefix.tokens < 1) {
      throw InternalError(
          {.what = "a prefix of " + std::to_string(prefix.tokens) + " tokens does not go with what is attached"});
    }
    const int64_t tokens = prefix.tokens;
    blocks_[static_cast<size_t>(site.layer)].attach_prefix(std::move(prefix));
    virtual_tokens_ = tokens;
    return;
  }
  throw InternalError(
      {.what = "the model has no attention site '" + attention_site + "'" + text::did_you_mean(attention_site, names)});
}

void BertModel::attach_prompt(BoundPrompt prompt) {
  if (virtual_tokens_ > 0 || prompt.tokens < 1) {
    throw InternalError(
        {.what = "a prompt of " + std::to_string(prompt.tokens) + " tokens does not go with what is attached"});
  }
  virtual_tokens_ = prompt.tokens;
  prompt_ = std::move(prompt);
}

void BertModel::detach_all() {
  for (BertBlock& block : blocks_) block.detach_all();
  pooler_.detach_all();
  prompt_.reset();
  virtual_tokens_ = 0;
}

void BertModel::set_dropout(double probability) {
  settings_.hidden_dropout = probability;
  settings_.attention_dropout = probability;
  classifier_dropout_ = probability;
}

void BertModel::move_to(at::Device device) {
  // set_data keeps the leaves that others hold: the handles in blocks and heads are the same tensors.
  for (const NamedTensor& named : parameters()) named.tensor.set_data(named.tensor.detach().to(device));
  device_ = device;
}

}  // namespace engram::model
