// Adapters that peft wrote give peft's logits, whatever they were trained on; what they hold comes back from a second
// writing bit for bit.
#include "adapter_support.hpp"
#include "checkpoint/peft_config.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

const std::vector<std::string> kAll = {"dora",     "all_linear",      "expression",    "layers",
                                       "features", "no_task",         "half",          "prefix",
                                       "prompt",   "prefix_features", "prefix_network"};

at::Tensor golden_logits(const std::string& name) {
  std::vector<float> flat;
  for (const Json& row : read_json(peft_folder(name) / "logits.json")) {
    for (const Json& value : row) flat.push_back(value.get<float>());
  }
  return at::tensor(flat).reshape({8, 3});
}

checkpoint::Adapter read(const std::string& name) {
  return checkpoint::read_adapter(peft_folder(name), base_model()->view());
}

}  // namespace

TEST_CASE(
    "adapters that peft saved give peft's logits: patterns, limits, expressions, biases, heads and virtual tokens") {
  const at::Tensor base = first_logits(*base_model());
  for (const std::string& name : kAll) {
    INFO(name);
    const at::Tensor expected = golden_logits(name);
    CHECK(at::allclose(logits_with(peft_folder(name)), expected, 1e-5, 1e-5));
    CHECK_FALSE(at::allclose(base, expected, 1e-3, 1e-3));
  }
}

TEST_CASE("a model is bit for bit what it was when an adapter of any kind is taken off") {
  const auto model = base_model();
  const at::Tensor before = first_logits(*model);
  for (const std::string& name : kAll) {
    INFO(name);
    const checkpoint::Adapter adapter = read(name);
    {
      const checkpoint::Attached attached(*model, adapter, *model->find_head(kTask));
      CHECK_FALSE(at::equal(first_logits(*model), before));
    }
    CHECK(at::equal(first_logits(*model), before));
  }
}

TEST_CASE("an adapter says what it holds") {
  const checkpoint::Adapter dora = read("dora");
  CHECK(dora.peft_type == "LORA");
  CHECK(dora.base == "tests/golden/losses/model");
  CHECK(checkpoint::base_named_by(peft_folder("dora")) == dora.base);
  CHECK(dora.updates.size() == 7);
  CHECK(dora.updates[0].site == "encoder.layer.0.attention.self.query");
  CHECK(dora.updates[0].scale == 2.5);  // alpha 5 over the root of rank 4
  CHECK(dora.rslora);
  CHECK(dora.dropout == 0.1);
  CHECK(dora.parameters.size() == 7);
  CHECK(dora.trained_on == checkpoint::PeftClass::sequence_classification);
  const checkpoint::Adapter layers = read("layers");
  CHECK(layers.saved_modules == std::vector<std::string>{"pooler"});
  CHECK(layers.parameters.size() == 2);
  const checkpoint::Adapter prompt = read("prompt");
  CHECK(prompt.peft_type == "PROMPT_TUNING");
  CHECK(prompt.virtual_tokens->kind == checkpoint::VirtualTokens::Kind::prompt);
  CHECK(prompt.bytes() == (4 * 32 + 3 * 32 + 3) * 4);
}

TEST_CASE("an adapter without a head has none, so that the base's own is used") {
  for (const std::string name : {"features", "no_task", "prefix_features"}) {
    INFO(name);
    CHECK_FALSE(read(name).head_weight.defined());
    CHECK_FALSE(read(name).head_bias.defined());
  }
  CHECK(read("features").trained_on == checkpoint::PeftClass::trunk);
  CHECK(read("no_task").trained_on == checkpoint::PeftClass::sequence_classification);
  CHECK(adapter_refusal("prompt", [](Json& config, auto& tensors) {
          config["modules_to_save"] = nullptr;
          remove_tensors(tensors, "classifier.weight");
          remove_tensors(tensors, "classifier.bias");
        }) == "accepted");
}

TEST_CASE("half-precision tensors become fp32") {
  const checkpoint::Adapter half = read("half");
  CHECK(half.head_weight.scalar_type() == at::kFloat);
  const auto change = [](Json&, auto& tensors) {
    for (model::NamedTensor& entry : tensors) entry.tensor = entry.tensor.to(at::kHalf);
  };
  const Scratch scratch;
  copy_adapter("dora", scratch.path, change);
  const checkpoint::Adapter adapter = checkpoint::read_adapter(scratch.path, base_model()->view());
  CHECK(at::equal(adapter.updates[0].a, read("dora").updates[0].a.to(at::kHalf).to(at::kFloat)));
}

TEST_CASE("peft's quirks are read: doubled modules, one layer instead of a list, missing defaults") {
  CHECK(read_json(peft_folder("prefix") / "adapter_config.json").at("modules_to_save").size() == 4);
  CHECK(read_json(peft_folder("layers") / "adapter_config.json").at("layers_to_transform") == 1);
  CHECK(adapter_refusal("half", [](Json& config, auto&) {
          config = {{"peft_type", "LORA"},
                    {"target_modules", {"value"}},
                    {"r", 2},
                    {"lora_alpha", 5},
                    {"modules_to_save", {"classifier"}}};
        }) == "accepted");
  // peft's own choice of targets for BERT.
  CHECK(adapter_refusal("half", [](Json& config, auto&) {
          config["target_modules"] = nullptr;
        }).find("0.attention.self.query.lora_A.weight' is missing") != std::string::npos);
}

TEST_CASE("written again an adapter has the same tensors bit for bit, and gives the same logits") {
  for (const std::string& name : kAll) {
    INFO(name);
    const Scratch scratch;
    checkpoint::write_adapter(scratch.path, read(name), base_model()->view());
    std::vector<model::NamedTensor> before = tensors_of(peft_folder(name));
    std::erase_if(before, [](const auto& entry) {  // copies that peft writes beside the head under bias "all"
      return entry.name.find("original_module") != std::string::npos ||
             entry.name.find("modules_to_save") != std::string::npos;
    });
    std::vector<model::NamedTensor> after = tensors_of(scratch.path);
    REQUIRE(after.size() == before.size());
    for (const model::NamedTensor& entry : before) {
      INFO(entry.name);
      CHECK(at::equal(tensor_ending(after, entry.name).tensor, entry.tensor.to(at::kFloat)));
    }
    CHECK(at::equal(logits_with(scratch.path), logits_with(peft_folder(name))));
  }
}

TEST_CASE("the config that is written has peft's keys in peft's order, and its values but for how targets are named") {
  // What engram spells out, or has no use for.
  const std::map<std::string, std::vector<std::string>> differing = {
      {"dora", {"target_modules", "exclude_modules", "layers_to_transform", "rank_pattern", "alpha_pattern"}},
      {"all_linear", {}},
      {"expression", {"target_modules", "init_lora_weights"}},
      {"layers", {"target_modules", "layers_to_transform", "layers_pattern"}},
      {"features", {"target_modules"}},
      {"no_task", {"target_modules"}},
      {"prefix_network", {"prefix_projection", "encoder_hidden_size", "modules_to_save"}},
      {"prompt", {"modules_to_save"}}};
  for (const auto& [name, left_out] : differing) {
    INFO(name);
    const Scratch scratch;
    checkpoint::write_adapter(scratch.path, read(name), base_model()->view());
    const std::string text = read_file(scratch.path / "adapter_config.json");
    CHECK_FALSE(text.ends_with("\n"));
    Json ours = parse_json(text, "ours"), peft = read_json(peft_folder(name) / "adapter_config.json");
    CHECK(text == ours.dump(2));
    std::vector<std::string> our_keys, peft_keys;
    for (const auto& [key, value] : ours.items()) our_keys.push_back(key);
    for (const auto& [key, value] : peft.items()) peft_keys.push_back(key);
    CHECK(our_keys == peft_keys);
    for (const std::string& key : left_out) ours.erase(key), peft.erase(key);
    CHECK(ours.dump(2) == peft.dump(2));
  }
}
