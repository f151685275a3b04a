// Model folders: what is accepted, what is refused and why, and what comes back after saving.
#include <chrono>

#include "model/safetensors.hpp"
#include "model_support.hpp"

namespace engram::model::test {
namespace {

const std::vector<std::vector<int64_t>> kIds = {{3, 7, 11, 2, 30}, {5}, {9, 1, 4}};

std::vector<NamedTensor> tensors_of(const fs::path& file) {
  const SafetensorsFile stored(file);
  std::vector<NamedTensor> tensors;
  for (const std::string& name : stored.header().names()) tensors.push_back({name, stored.tensor(name)});
  return tensors;
}

// A copy of the golden model in `folder`, with its tensors changed by `change`.
template <class Change>
void copy_model(const fs::path& folder, Change change) {
  std::vector<NamedTensor> tensors = tensors_of(golden("gelu/model.safetensors"));
  change(tensors);
  write_file_atomically(folder / "config.json", read_file(golden("gelu/config.json")));
  write_file_atomically(folder / "tokenizer.json", "{}");
  write_safetensors(folder / "model.safetensors", tensors);
}

void copy_model(const fs::path& folder) {
  copy_model(folder, [](std::vector<NamedTensor>&) {});
}

void remove_tensors(std::vector<NamedTensor>& tensors, const std::string& part) {
  std::erase_if(tensors, [&](const NamedTensor& named) { return contains(named.name, part); });
}

void change_config(const fs::path& folder, const std::string& key, const Json& value) {
  Json config = read_json(folder / "config.json");
  config[key] = value;
  write_file_atomically(folder / "config.json", config.dump());
}

at::Tensor golden_logits() {
  const c10::NoGradGuard no_grad;
  return load_model(golden("gelu"), "task")->logits(batch_of(kIds), "task", {});
}

at::Tensor logits_of(const fs::path& folder, const std::string& task) {
  const c10::NoGradGuard no_grad;
  return load_model(folder, task)->logits(batch_of(kIds), task, {});
}

}  // namespace

TEST_CASE("inspecting a folder shows parameters in forward order, sites and heads") {
  const ScratchFolder scratch;
  copy_model(scratch / "m");
  const FolderFacts facts = inspect_folder(scratch / "m");
  const auto& parameters = facts.view.parameters;
  REQUIRE(parameters.size() == 39);
  CHECK(parameters[0].name == "embeddings.word_embeddings.weight");
  CHECK(parameters[0].shape == std::vector<int64_t>{40, 16});
  CHECK(parameters[0].role == sdk::Role::embedding);
  CHECK(parameters[5].name == "encoder.layer.0.attention.self.query.weight");
  CHECK(parameters[5].role == sdk::Role::block);
  CHECK(parameters[5].layer == 0);
  CHECK(parameters[21].layer == 1);
  CHECK(parameters[38].name == "pooler.dense.bias");
  CHECK(parameters[38].role == sdk::Role::pooler);
  CHECK(facts.view.linear_sites[4].name == "encoder.layer.0.intermediate.dense");
  CHECK(facts.view.linear_sites[4].in == 16);
  CHECK(facts.view.linear_sites[4].out == 24);
  CHECK(facts.view.embedding_sites.size() == 3);
  REQUIRE(facts.view.attention_sites.size() == 2);
  CHECK(facts.view.attention_sites[1].name == "encoder.layer.1.attention");
  CHECK(facts.view.attention_sites[1].head_size == 4);
  CHECK(facts.view.max_positions == 32);
  REQUIRE(facts.heads.size() == 1);
  CHECK(facts.heads[0].task.empty());
  CHECK(facts.heads[0].labels == std::vector<std::string>{"LABEL_0", "LABEL_1", "LABEL_2"});
  CHECK(facts.weights_bytes == fs::file_size(scratch / "m" / "model.safetensors"));
}

TEST_CASE("a loaded model's view is the inspected one with the heads added") {
  const ScratchFolder scratch;
  copy_model(scratch / "m");
  FolderFacts facts = inspect_folder(scratch / "m");
  add_head_to_view(facts.view, "task", 3, HeadUse::kept);
  const auto model = load_model(scratch / "m", "task");
  REQUIRE(model->view().parameters.size() == facts.view.parameters.size());
  for (size_t i = 0; i < facts.view.parameters.size(); ++i) {
    CHECK(model->view().parameters[i].name == facts.view.parameters[i].name);
    CHECK(model->view().parameters[i].shape == facts.view.parameters[i].shape);
    CHECK(model->parameters()[i].tensor.sizes() == at::IntArrayRef(facts.view.parameters[i].shape));
  }
}

TEST_CASE("inspecting the real MiniLM takes under 50 ms") {
  if (!fs::exists(minilm())) {
    WARN("MiniLM is not unpacked");
    return;
  }
  inspect_folder(minilm());
  const auto start = std::chrono::steady_clock::now();
  const FolderFacts facts = inspect_folder(minilm());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  CHECK(seconds < 0.05);
  int64_t count = 0;
  for (const sdk::Parameter& parameter : facts.view.parameters) count += parameter.count();
  CHECK(count == 22'713'216);
  CHECK(facts.heads.empty());
}

TEST_CASE("names without prefix, gamma and beta, buffers and pretraining heads are read alike") {
  const ScratchFolder scratch;
  copy_model(scratch / "m", [](std::vector<NamedTensor>& tensors) {
    for (NamedTensor& named : tensors) {
      if (named.name.starts_with("bert.")) named.name = named.name.substr(5);
      if (named.name.ends_with("LayerNorm.weight")) named.name.replace(named.name.size() - 6, 6, "gamma");
      if (named.name.ends_with("LayerNorm.bias")) named.name.replace(named.name.size() - 4, 4, "beta");
    }
    tensors.push_back({"embeddings.position_ids", at::arange(32, at::kLong).view({1, 32})});
    tensors.push_back({"cls.predictions.bias", at::zeros({40})});
  });
  CHECK(at::equal(logits_of(scratch / "m", "task"), golden_logits()));
}

TEST_CASE("half-precision weights become fp32, full ones stay as they are") {
  const ScratchFolder scratch;
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const std::string name(at::toString(type));
    copy_model(scratch / name, [type](std::vector<NamedTensor>& tensors) {
      for (NamedTensor& named : tensors) named.tensor = named.tensor.to(type);
    });
    const auto model = load_model(scratch / name, "task");
    for (const NamedTensor& named : model->parameters()) CHECK(named.tensor.scalar_type() == at::kFloat);
    const at::Tensor stored = SafetensorsFile(golden("gelu/model.safetensors")).tensor("bert.pooler.dense.weight");
    CHECK(at::equal(model->parameter("pooler.dense.weight"), stored.to(type).to(at::kFloat)));
  }
}

TEST_CASE("missing, unexpected and misshapen tensors are told all at once") {
  const ScratchFolder scratch;
  copy_model(scratch / "m", [](std::vector<NamedTensor>& tensors) {
    remove_tensors(tensors, "layer.1.attention.self.query.weight");
    for (NamedTensor& named : tensors) {
      if (named.name == "bert.embeddings.word_embeddings.weight") named.tensor = at::zeros({41, 16});
      if (named.name == "bert.encoder.layer.0.output.dense.bias") named.tensor = named.tensor.to(at::kLong);
    }
    tensors.push_back({"bert.encoder.layer.2.output.dense.bias", at::zeros({16})});
  });
  const std::string text = refusal([&] { inspect_folder(scratch / "m"); });
  CHECK(contains(text,
                 "tensor 'encoder.layer.1.attention.self.query.weight' is missing (allowed: (16, 16) by config.json)"));
  CHECK(contains(text,
                 "tensor 'bert.embeddings.word_embeddings.weight' has the shape (41, 16) (allowed: (40, 16) by "
                 "config.json)"));
  CHECK(contains(text,
                 "tensor 'bert.encoder.layer.2.output.dense.bias' belongs to no part of the model that "
                 "config.json describes; did you mean"));
  CHECK(contains(text,
                 "tensor 'bert.encoder.layer.0.output.dense.bias' has the dtype I64 (allowed: F32, F16, BF16, F64)"));
}

TEST_CASE("a model that was saved without its pooler is refused with the reason") {
  const ScratchFolder scratch;
  copy_model(scratch / "m", [](std::vector<NamedTensor>& tensors) { remove_tensors(tensors, "pooler"); });
  const std::string text = refusal([&] { load_model(scratch / "m", "task"); });
  CHECK(contains(text,
                 "the pooler (pooler.dense.weight, pooler.dense.bias) is missing: the model was saved without it, "
                 "and engram puts no made-up weights in its place. Fix: choose a checkpoint that was saved with "
                 "its pooler"));
}

TEST_CASE("one parameter under two names is refused") {
  const ScratchFolder scratch;
  copy_model(scratch / "m", [](std::vector<NamedTensor>& tensors) {
    tensors.push_back({"bert.embeddings.LayerNorm.gamma", at::zeros({16})});
  });
  CHECK(contains(refusal([&] { inspect_folder(scratch / "m"); }), "are both embeddings.LayerNorm.weight"));
}

TEST_CASE("folders that are no model folders say what is missing") {
  const ScratchFolder scratch;
  CHECK(contains(refusal([&] { inspect_folder(scratch / "none"); }), "is no model folder: nothing is there"));
  fs::create_directory(scratch / "empty");
  CHECK(contains(refusal([&] { inspect_folder(scratch / "empty"); }), "holds no config.json"));
  copy_model(scratch / "m");
  CHECK(contains(refusal([&] { inspect_folder(scratch / "m" / "config.json"); }), "is no model folder but a file"));
  fs::remove(scratch / "m" / "tokenizer.json");
  CHECK(contains(refusal([&] { inspect_folder(scratch / "m"); }), "holds no tokenizer.json"));
  fs::remove(scratch / "m" / "model.safetensors");
  CHECK(contains(refusal([&] { inspect_folder(scratch / "m"); }), "holds no model.safetensors"));
}

TEST_CASE("heads for other purposes than single labels are refused") {
  const ScratchFolder scratch;
  copy_model(scratch / "m");
  change_config(scratch / "m", "problem_type", "multi_label_classification");
  CHECK(contains(refusal([&] { inspect_folder(scratch / "m"); }), "problem_type \"multi_label_classification\""));
  change_config(scratch / "m", "problem_type", nullptr);
  change_config(scratch / "m", "architectures", {"BertForMultipleChoice"});
  CHECK(contains(refusal([&] { inspect_folder(scratch / "m"); }), "is the head of a BertForMultipleChoice"));
}

TEST_CASE("a classifier that does not fit its labels is refused") {
  const ScratchFolder scratch;
  copy_model(scratch / "m");
  Json config = read_json(scratch / "m" / "config.json");
  config.erase("label2id");
  config["id2label"] = {{"0", "a"}, {"1", "b"}};
  write_file_atomically(scratch / "m" / "config.json", config.dump());
  CHECK(contains(refusal([&] { inspect_folder(scratch / "m"); }),
                 "tensor 'classifier.weight' has the shape (3, 16) (allowed: (2, 16) by config.json (id2label names 2 "
                 "labels))"));
}

TEST_CASE("a saved folder gives back every head, label and logit") {
  const ScratchFolder scratch;
  copy_model(scratch / "m");
  const auto model = load_model(scratch / "m", "first");
  model->add_fresh_head("second task", {"x", "y"}, generator(1));
  save_model(*model, "first", scratch / "m", scratch / "out");
  const auto loaded = load_model(scratch / "out", "unused");
  const c10::NoGradGuard no_grad;
  const data::Batch batch = batch_of(kIds);
  for (const std::string task : {"first", "second task"}) {
    CHECK(loaded->find_head(task)->labels == model->find_head(task)->labels);
    CHECK(at::equal(loaded->logits(batch, task, {}), model->logits(batch, task, {})));
  }
  CHECK(loaded->find_head("unused") == nullptr);
  CHECK(read_file(scratch / "out" / "tokenizer.json") == "{}");
  const FolderFacts facts = inspect_folder(scratch / "out");
  REQUIRE(facts.heads.size() == 2);
  CHECK(facts.heads[0].task == "first");
  CHECK(facts.heads[1].labels == std::vector<std::string>{"x", "y"});
}

TEST_CASE("the other task's head can be saved as the one transformers sees") {
  const ScratchFolder scratch;
  copy_model(scratch / "m");
  const auto model = load_model(scratch / "m", "first");
  model->add_fresh_head("second", {"x", "y"}, generator(1));
  save_model(*model, "second", scratch / "m", scratch / "out");
  const Json config = read_json(scratch / "out" / "config.json");
  CHECK(config["id2label"] == Json({{"0", "x"}, {"1", "y"}}));
  CHECK(config["label2id"] == Json({{"x", 0}, {"y", 1}}));
  CHECK(config["architectures"] == Json({"BertForSequenceClassification"}));
  CHECK(config["problem_type"] == "single_label_classification");
  CHECK(SafetensorsFile(scratch / "out" / "model.safetensors").tensor("classifier.weight").size(0) == 2);
  CHECK(at::equal(load_model(scratch / "out", "")->find_head("first")->weight, model->find_head("first")->weight));
}

TEST_CASE("replacements are saved in place of the model's own parameters, and must fit") {
  const ScratchFolder scratch;
  copy_model(scratch / "m");
  const auto model = load_model(scratch / "m", "task");
  const at::Tensor replacement = at::full({16, 16}, 0.25);
  save_model(*model, "task", scratch / "m", scratch / "out", {{"pooler.dense.weight", replacement}});
  CHECK(at::equal(load_model(scratch / "out", "")->parameter("pooler.dense.weight"), replacement));
  CHECK_FALSE(at::equal(model->parameter("pooler.dense.weight"), replacement));
  const auto save = [&](const NamedTensor& named) {
    return refusal<InternalError>([&] { save_model(*model, "task", scratch / "m", scratch / "out", {named}); });
  };
  CHECK(contains(save({"pooler.dense.w", replacement}), "no parameter 'pooler.dense.w' to replace"));
  CHECK(contains(save({"pooler.dense.weight", at::ones({2})}),
                 "the replacement of 'pooler.dense.weight' has another shape"));
  CHECK(contains(refusal<InternalError>([&] { save_model(*model, "x", scratch / "m", scratch / "out"); }),
                 "no head for the task 'x' to save"));
}

TEST_CASE("training a loaded model leaves its folder as it was, and a folder can be saved over itself") {
  const ScratchFolder scratch;
  copy_model(scratch / "m");
  const std::string before = read_file(scratch / "m" / "model.safetensors");
  const auto model = load_model(scratch / "m", "task");
  model->parameter("pooler.dense.weight").mul_(2);
  CHECK(read_file(scratch / "m" / "model.safetensors") == before);
  save_model(*model, "task", scratch / "m", scratch / "m");
  CHECK(at::equal(load_model(scratch / "m", "")->parameter("pooler.dense.weight"),
                  model->parameter("pooler.dense.weight")));
}

TEST_CASE("heads files that are not sound are refused") {
  const ScratchFolder scratch;
  copy_model(scratch / "m");
  const auto refused = [&](const std::string& heads) {
    write_file_atomically(scratch / "m" / "heads.json", heads);
    return refusal([&] { inspect_folder(scratch / "m"); });
  };
  CHECK(contains(refused(R"({"format": 2})"), "is no heads file of this version of engram"));
  CHECK(contains(refused(R"({"format": 1, "primry": "a"})"), "has the unknown key \"primry\""));
  CHECK(contains(refused(R"({"format": 1, "primary": 3})"), "primary is 3"));
  CHECK(contains(refused(R"({"format": 1, "primary": "a", "others": [{"task": "a", "labels": ["x"]}]})"),
                 "names the task \"a\" twice"));
  CHECK(contains(refused(R"({"format": 1, "others": [{"task": "b"}]})"), "others holds {\"task\":\"b\"}"));
  CHECK(contains(refused(R"({"format": 1, "others": [{"task": "b", "labels": ["x"]}]})"), "heads.safetensors"));
  write_safetensors(scratch / "m" / "heads.safetensors", {{"heads.b.weight", at::ones({2, 16})}});
  const std::string text = refused(R"({"format": 1, "others": [{"task": "b", "labels": ["x"]}]})");
  CHECK(contains(text, "tensor 'heads.b.weight' has the shape (2, 16) (allowed: (1, 16) by heads.json)"));
  CHECK(contains(text, "tensor 'heads.b.bias' is missing"));
}

}  // namespace engram::model::test
