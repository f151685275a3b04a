#include "family.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include "model/bert_model.hpp"
#include "model/bert_view.hpp"

namespace engram::contract {
namespace {

constexpr int64_t kVocabulary = 40;
constexpr int64_t kNewClasses = 2, kOriginalClasses = 3;

std::vector<std::string> label_names(int64_t classes) {
  std::vector<std::string> names;
  for (int64_t label = 0; label < classes; ++label) names.push_back("label " + std::to_string(label));
  return names;
}

// Matrices N(0, 0.3), so that attention is far from uniform; vectors near those of a trained model.
at::Tensor random_weight(const sdk::Parameter& parameter, at::Generator generator) {
  const at::Tensor noise = at::randn(parameter.shape, generator);
  if (parameter.shape.size() > 1) return noise * 0.3;
  const bool is_scale = parameter.name.ends_with("LayerNorm.weight");
  return noise * 0.1 + (is_scale ? 1.0 : 0.0);
}

std::unique_ptr<model::Model> make_bert() {
  model::BertConfig config;
  config.vocabulary = kVocabulary;
  config.hidden = 16;
  config.layers = 3;
  config.heads = 2;
  config.intermediate = 32;
  config.max_positions = 128;
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(7);
  std::vector<model::NamedTensor> tensors;
  for (const sdk::Parameter& parameter : model::bert_view(config).parameters) {
    tensors.push_back({parameter.name, random_weight(parameter, generator)});
  }
  auto model = std::make_unique<model::BertModel>(config, tensors);
  const at::Tensor weight = at::randn({kOriginalClasses, config.hidden}, generator);
  model->set_head({"original", label_names(kOriginalClasses), weight, at::zeros({kOriginalClasses})});
  model->add_fresh_head("new", label_names(kNewClasses), generator);
  return model;
}

// Every label has words of its own, mixed with words of all.
data::Examples make_rows(const std::string& name, const std::string& task, int64_t count, int64_t classes) {
  data::Examples rows{.name = name, .task = task, .content_hash = name};
  for (int64_t row = 0; row < count; ++row) {
    const int64_t label = row % classes, length = 4 + row % 5;
    rows.tokens.ids.push_back(1);
    for (int64_t position = 0; position < length; ++position) {
      const int64_t word = position % 2 == 0 ? 5 + label * 8 + (row + position) % 8 : 5 + (row * 7 + position * 3) % 32;
      rows.tokens.ids.push_back(static_cast<int32_t>(word));
    }
    rows.tokens.ids.push_back(2);
    rows.tokens.offsets.push_back(static_cast<int64_t>(rows.tokens.ids.size()));
    rows.labels.push_back(label);
    rows.row_hashes.push_back(static_cast<uint64_t>(row));
  }
  rows.tokens.type_ids.assign(rows.tokens.ids.size(), 0);
  return rows;
}

}  // namespace

const std::vector<Family>& families() {
  static const std::vector<Family> all = {{"bert", make_bert}};
  return all;
}

std::unique_ptr<model::Model> with_parameters(const Family& family, const std::vector<model::NamedTensor>& parameters) {
  std::unique_ptr<model::Model> model = family.make();
  const at::NoGradGuard no_grad;
  for (const model::NamedTensor& entry : parameters) at::Tensor(model->parameter(entry.name)).copy_(entry.tensor);
  return model;
}

const data::Examples& new_rows() {
  static const data::Examples rows = make_rows("train", "new", 24, kNewClasses);
  return rows;
}

const data::Examples& original_rows() {
  static const data::Examples rows = make_rows("original_train", "original", 16, kOriginalClasses);
  return rows;
}

std::vector<strategy::DataFacts> data_facts() {
  const data::Examples& rows = original_rows();
  return {{.name = rows.name, .task = rows.task, .rows = rows.size(), .classes = kOriginalClasses}};
}

}  // namespace engram::contract
