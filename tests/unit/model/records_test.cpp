// What Pass::on_record shows: every parameter of the trunk once, and enough to compute its gradient from.
#include <map>

#include "model_support.hpp"

namespace engram::model::test {
namespace {

const std::vector<std::vector<int64_t>> kIds = {{3, 7, 11, 2, 30}, {5}, {9, 1, 4}};
// fp32 sums of few terms in another order.
constexpr double kTolerance = 2e-5;

std::vector<Recorded> records_of(const Model& model, Pass pass, at::Tensor* logits = nullptr) {
  std::vector<Recorded> records;
  pass.on_record = [&](const Recorded& record) { records.push_back(record); };
  const at::Tensor result = model.logits(batch_of(kIds), "task", pass);
  if (logits != nullptr) *logits = result;
  return records;
}

std::vector<std::string> parameters_of(const Recorded& record) {
  if (record.kind == Recorded::Kind::embedding) return {record.name + ".weight"};
  return {record.name + ".weight", record.name + ".bias"};
}

// A parameter's gradient from its record and the gradient of the record's output.
at::Tensor gradient_from(const Recorded& record, const std::string& name, const at::Tensor& parameter) {
  const at::Tensor output = record.output.grad();
  if (name.ends_with(".bias")) return output.sum(0);
  if (record.kind == Recorded::Kind::linear) return at::matmul(output.t(), record.input);
  if (record.kind == Recorded::Kind::layer_norm) {
    return (output * at::layer_norm(record.input, parameter.sizes(), {}, {}, record.eps)).sum(0);
  }
  const at::Tensor known = record.input.ge(0).nonzero().squeeze(1);
  return at::zeros_like(parameter).index_add(0, record.input.index_select(0, known), output.index_select(0, known));
}

}  // namespace

TEST_CASE("every parameter of the trunk is named by exactly one record, in forward order") {
  const auto model = load_model(golden("deep"), "task");
  for (const bool whole_last_block : {false, true}) {
    Pass pass;
    if (whole_last_block) pass.on_tap = [](const std::string&, const at::Tensor&) {};
    std::vector<std::string> named;
    for (const Recorded& record : records_of(*model, pass)) {
      for (const std::string& name : parameters_of(record)) named.push_back(name);
    }
    std::vector<std::string> expected;
    for (const sdk::Parameter& parameter : model->view().parameters) {
      if (parameter.role != sdk::Role::head) expected.push_back(parameter.name);
    }
    CHECK(named == expected);
  }
}

TEST_CASE("the three embeddings share one output, and the last block is recorded as it is computed") {
  const auto model = load_model(golden("gelu"), "task");
  std::map<std::string, Recorded> by_name;
  for (const Recorded& record : records_of(*model, {})) by_name[record.name] = record;
  const at::Tensor sum = by_name.at("embeddings.word_embeddings").output;
  CHECK(sum.is_same(by_name.at("embeddings.position_embeddings").output));
  CHECK(sum.is_same(by_name.at("embeddings.token_type_embeddings").output));
  CHECK(sum.is_same(by_name.at("embeddings.LayerNorm").input));
  CHECK(by_name.at("encoder.layer.0.output.dense").input.size(0) == 9);
  CHECK(by_name.at("encoder.layer.1.attention.self.key").input.size(0) == 9);
  CHECK(by_name.at("encoder.layer.1.attention.self.query").input.size(0) == 3);
  CHECK(by_name.at("encoder.layer.1.output.dense").input.size(0) == 3);
}

TEST_CASE("recording changes no logit, and without it a frozen model builds no graph") {
  const auto model = load_model(golden("gelu"), "task");
  at::Tensor recorded;
  records_of(*model, {}, &recorded);
  const at::Tensor plain = model->logits(batch_of(kIds), "task", {});
  CHECK(at::equal(recorded, plain));
  CHECK(recorded.requires_grad());
  CHECK_FALSE(plain.requires_grad());
}

TEST_CASE("gradients computed from the records of a frozen model are those of autograd, also under virtual tokens") {
  for (const std::string kind : {"base", "prefix", "prompt"}) {
    INFO(kind);
    const auto model = load_model(golden("gelu"), "task");
    const at::Tensor rows = at::empty({2, 16}).normal_(0, 1, generator(1));
    if (kind == "prompt") model->attach_prompt({.tokens = 2, .source = [&] { return rows; }});
    if (kind == "prefix") {
      model->attach_prefix("encoder.layer.0.attention", {.tokens = 2, .source = [&] {
                                                           return sdk::KeysValues{rows, rows};
                                                         }});
    }
    at::Tensor logits;
    std::map<std::string, at::Tensor> ours;
    const std::vector<Recorded> records = records_of(*model, {}, &logits);
    for (const Recorded& record : records) record.output.retain_grad();
    const at::Tensor weights = at::empty({3, 3}).normal_(0, 1, generator(2));
    (logits * weights).sum().backward();
    for (const Recorded& record : records) {
      for (const std::string& name : parameters_of(record)) {
        ours[name] = gradient_from(record, name, model->parameter(name)).detach();
      }
    }
    for (const auto& [name, unused] : ours) model->parameter(name).set_requires_grad(true);
    (model->logits(batch_of(kIds), "task", {}) * weights).sum().backward();
    for (const auto& [name, gradient] : ours) {
      INFO(name);
      CHECK(largest_difference(gradient, model->parameter(name).grad()) < kTolerance);
    }
  }
}

}  // namespace engram::model::test
