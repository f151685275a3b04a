// What peft takes in silence or answers with a bare KeyError is refused, with everything that is wrong at once; so is
// everything that engram would compute otherwise. tests/parity/adapters.py shows what peft does with the same files.
#include <cmath>

#include "adapter_support.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

std::string config_refusal(const std::string& key, const Json& value, const std::string& name = "dora") {
  return adapter_refusal(name, [&](Json& config, auto&) { config[key] = value; });
}

// The first fault alone: a wrong setting often makes tensors missing or unexpected besides.
std::string first(const std::string& refusal) { return refusal.substr(0, refusal.find("; the tensor '")); }

const std::string kQuery0 = "encoder.layer.0.attention.self.query";

}  // namespace

TEST_CASE("1: a target that matches nothing is refused, with the nearest names and what the others match") {
  CHECK(
      first(config_refusal("target_modules", {"value", "vlaue"}, "half")) ==
      "'vlaue' of target_modules matches no linear site; did you mean 'value'?; sites matched by the others: value 2");
  CHECK(
      first(config_refusal("target_modules", {"value", "word_embeddings"}, "half")) ==
      "'word_embeddings' of target_modules is an embedding, which engram does not adapt; sites matched by the others: "
      "value 2");
}

TEST_CASE("2: a layer that the model does not have is refused, with the bounds") {
  CHECK(first(config_refusal("layers_to_transform", {1, 2, -1}, "layers")) ==
        "layers_to_transform has the layer 2 (allowed: 0 to 1 for this model); layers_to_transform has the layer -1 "
        "(allowed: 0 to 1 for this model)");
  CHECK(first(config_refusal("layers_pattern", "layers", "layers")) ==
        "layers_pattern 'layers' is the name of no list of blocks (allowed: \"layer\" for this model)");
}

TEST_CASE("3: a module to save that the model does not have is refused, with the nearest names") {
  CHECK(config_refusal("modules_to_save", {"classifier", "poolr"}, "half") ==
        "'poolr' of modules_to_save is the end of no module's name; did you mean 'pooler'?");
  CHECK(config_refusal("modules_to_save", {"clasifier"}, "half") ==
        "'clasifier' of modules_to_save is the end of no module's name; did you mean 'classifier'?");
}

TEST_CASE("4: a rank above the smaller side of a matrix is refused") {
  CHECK(
      first(
          adapter_refusal("half",
                          [](Json& config, auto& tensors) {
                            config["r"] = 33;
                            tensor_ending(tensors, "0.attention.self.value.lora_A.weight").tensor = at::ones({33, 32});
                          })) ==
      "the rank of bert.encoder.layer.0.attention.self.value is 33 (allowed: 1 to 32, the smaller side of its matrix); "
      "the rank of bert.encoder.layer.1.attention.self.value is 33 (allowed: 1 to 32, the smaller side of its matrix)");
  CHECK(first(config_refusal("rank_pattern", {{"0.attention.self.value", 2.5}}, "half")) ==
        "the rank of bert.encoder.layer.0.attention.self.value is 2.5 (allowed: 1 to 32, the smaller side of its "
        "matrix)");
}

TEST_CASE("5: an alpha of 0 is refused, since the adapter would do nothing") {
  CHECK(config_refusal("alpha_pattern", {{"1.attention.self.value", 0}}, "half") ==
        "the alpha of bert.encoder.layer.1.attention.self.value is 0, so that the adapter would do nothing (allowed: a "
        "number other than 0)");
}

TEST_CASE("6: tensors that belong to nothing are refused, all of them listed") {
  CHECK(
      adapter_refusal(
          "half",
          [](Json& config, auto& tensors) {
            tensors.push_back({"base_model.model.bert.encoder.layer.9.output.dense.lora_A.weight", at::ones({4, 64})});
            tensors.push_back({"base_model.model.bert.extra", at::ones({1})});
            config["lora_dropout"] = 0.5;
          }) ==
      "the tensor 'base_model.model.bert.encoder.layer.9.output.dense.lora_A.weight' is unexpected; the tensor "
      "'base_model.model.bert.extra' is unexpected");
}

TEST_CASE("an adapter for a base of another size is refused with both sizes, and not tensor by tensor") {
  CHECK(adapter_refusal("half",
                        [](Json&, auto& tensors) {
                          for (const char* block : {"0", "1"}) {
                            const std::string value = std::string(block) + ".attention.self.value.lora_A.weight";
                            tensor_ending(tensors, value).tensor = at::ones({4, 384});
                          }
                          tensors.push_back({"base_model.model.bert.encoder.layer.5.attention.self.value.lora_A.weight",
                                             at::ones({4, 384})});
                        }) ==
        "it was made for width 384 and at least 6 blocks, and the base has width 32 and 2 blocks. Fix: name the base "
        "that it was made for: --base, in a recipe model");
}

TEST_CASE("7 and 8: tensors of an update and of the head that are missing are refused in one report") {
  CHECK(adapter_refusal("dora",
                        [](Json&, auto& tensors) {
                          remove_tensors(tensors, "0.output.dense.lora_A.weight");
                          remove_tensors(tensors, "1.output.dense.lora_magnitude_vector");
                          remove_tensors(tensors, "classifier.bias");
                          remove_tensors(tensors, "classifier.weight");
                          tensors.push_back({"base_model.classifier.weight", at::ones({3, 32})});
                        }) ==
        "the tensor 'base_model.model.bert.encoder.layer.0.output.dense.lora_A.weight' is missing; the tensor "
        "'base_model.model.bert.encoder.layer.1.output.dense.lora_magnitude_vector' is missing; the tensor "
        "'base_model.model.classifier.bias' is missing; the tensor 'base_model.model.classifier.weight' is missing; "
        "the tensor 'base_model.classifier.weight' is unexpected; did you mean 'base_model.model.classifier.weight'?");
}

TEST_CASE("9: missing rows of virtual tokens are refused in the same report") {
  CHECK(adapter_refusal("prompt",
                        [](Json&, auto& tensors) {
                          remove_tensors(tensors, "prompt_embeddings");
                          remove_tensors(tensors, "classifier.bias");
                          tensors.push_back({"base_model.model.classifier.bias", at::ones({3})});
                        }) ==
        "the tensor 'base_model.classifier.bias' is missing; the tensor 'prompt_embeddings' is missing; the tensor "
        "'base_model.model.classifier.bias' is unexpected; did you mean 'base_model.classifier.bias'?");
}

TEST_CASE("10: where every target is misspelt the refusal names the targets, and nothing that nobody set") {
  CHECK(first(config_refusal("target_modules", {"qeury", "vlaue"}, "half")) ==
        "'qeury' of target_modules matches no linear site; did you mean 'query'?; 'vlaue' of target_modules matches no "
        "linear site; did you mean 'value'?");
  CHECK(first(config_refusal("target_modules", "quer", "half")) ==
        "the regular expression \"quer\" of target_modules matches the full name of no linear site");
  CHECK(first(config_refusal("exclude_modules", {"value"}, "half")) ==
        "target_modules, within its limits, leaves no linear site");
}

TEST_CASE("a shape that the config does not give is refused with the one that it gives") {
  CHECK(adapter_refusal("dora",
                        [](Json&, auto& tensors) {
                          tensor_ending(tensors, kQuery0 + ".lora_B.weight").tensor = at::ones({32, 3});
                          tensor_ending(tensors, kQuery0 + ".base_layer.bias").tensor = at::ones({31});
                          tensor_ending(tensors, "classifier.weight").tensor = at::ones({3, 31});
                          tensor_ending(tensors, kQuery0 + ".lora_A.weight").tensor = at::ones({4, 32}, at::kLong);
                        }) ==
        "the tensor 'base_model.model.bert." + kQuery0 +
            ".lora_A.weight' has the dtype I64 (allowed: F32, F16, BF16, F64); the tensor 'base_model.model.bert." +
            kQuery0 + ".base_layer.bias' has the shape (31) (allowed: (32)); the tensor 'base_model.model.bert." +
            kQuery0 +
            ".lora_B.weight' has the shape (32, 3) (allowed: (32, 4): rank 4 by adapter_config.json); the "
            "tensor 'base_model.model.classifier.weight' has the shape (3, 31) (allowed: (any, 32))");
  CHECK(config_refusal("rank_pattern", {{"value", 2}})
            .find("output.dense.lora_A.weight' has the shape (3, 64) (allowed: "
                  "(4, 64): rank 4 by adapter_config.json)") != std::string::npos);
  CHECK(config_refusal("use_dora", false).find("lora_magnitude_vector' is unexpected") != std::string::npos);
  CHECK(config_refusal("bias", "none").find("base_layer.bias' is unexpected") != std::string::npos);
  CHECK(config_refusal("bias", "all").find("embeddings.LayerNorm.bias' is missing") != std::string::npos);
}

TEST_CASE("a config that says something else than engram computes is refused") {
  CHECK(config_refusal("peft_type", "IA3") ==
        "peft_type is \"IA3\" (allowed: \"LORA\", \"PREFIX_TUNING\", \"PROMPT_TUNING\"). Fix: merge it with peft "
        "(merge_and_unload) and use that folder");
  CHECK(config_refusal("peft_type", nullptr).find("peft_type is missing") == 0);
  CHECK(config_refusal("fan_in_fan_out", true) == "fan_in_fan_out is true (allowed: null, false or empty)");
  CHECK(config_refusal("init_lora_weights", "pissa") ==
        "init_lora_weights is \"pissa\", which changes the base model's weights (allowed: true, false, \"gaussian\", "
        "\"orthogonal\", \"eva\")");
  CHECK(first(config_refusal("use_dora", "yes")) == "use_dora is \"yes\" (allowed: true or false)");
  CHECK(first(config_refusal("bias", "some")) == "bias is \"some\" (allowed: \"none\", \"all\", \"lora_only\")");
  CHECK(config_refusal("lora_alpha", "six") == "lora_alpha is \"six\" (allowed: a number)");
  CHECK(first(config_refusal("target_modules", 3)) ==
        "target_modules is 3 (allowed: a list of names, or one name); target_modules is empty");
  CHECK(first(config_refusal("target_modules", "(query")) ==
        "target_modules is \"(query\" (allowed: names, \"all-linear\" or a regular expression)");
  CHECK(first(config_refusal("layers_to_transform", "all")) ==
        "layers_to_transform is \"all\" (allowed: a list of whole numbers, or one)");
  CHECK(config_refusal("alpha_pattern", {{"(query", 1}})
            .find("alpha_pattern has the key '(query' (allowed: a name, or a "
                  "regular expression)") == 0);
  CHECK(config_refusal("alpha_pattern", {{"query", "x"}}).find("alpha_pattern.query is \"x\" (allowed: a number)") ==
        0);
  CHECK(config_refusal("alpha_pattern", {{"qeury", 1}}) ==
        "alpha_pattern 'qeury' matches no target; did you mean 'query'? (allowed: a target's name, its end, or a "
        "regular expression)");
  CHECK(config_refusal("task_type", "TOKEN_CLS") ==
        "task_type is \"TOKEN_CLS\" (allowed: \"SEQ_CLS\", \"FEATURE_EXTRACTION\" or null)");
  CHECK(
      config_refusal("auto_mapping", {{"base_model_class", "BertForTokenClassification"}}) ==
      "it was trained on a \"BertForTokenClassification\" (allowed: \"BertForSequenceClassification\", \"BertModel\")");
}

TEST_CASE("keys of variants and unknown ones are accepted where they say nothing, and refused otherwise, all named") {
  CHECK(adapter_refusal("dora",
                        [](Json& config, auto&) {
                          config["use_qalora"] = true;
                          config["megatron_core"] = "other";
                          config["qalora_group_size"] = 32;
                          config["layer_replication"] = Json::array({Json::array({0, 2})});
                          config["a_key_of_next_year"] = 7;
                        }) ==
        "layer_replication is [[0,2]] (allowed: null, false or empty); megatron_core is \"other\" (allowed: null or "
        "\"megatron.core\"); qalora_group_size is 32 (allowed: null or "
        "16); use_qalora is true (allowed: null, false or empty); a_key_of_next_year is 7 (allowed: null, false or "
        "empty)");
  for (const Json& nothing : {Json(nullptr), Json(false), Json(""), Json::array(), Json::object()}) {
    CHECK(config_refusal("a_key_of_next_year", nothing) == "accepted");
  }
  CHECK(config_refusal("qalora_group_size", 16, "prompt") == "qalora_group_size is 16 (allowed: null, false or empty)");
  CHECK(config_refusal("a_key", std::string(200, 'x')) ==
        "a_key is \"" + std::string(79, 'x') + "... (allowed: null, false or empty)");
}

TEST_CASE("virtual tokens of another model, or more than it has room for, are refused") {
  CHECK(adapter_refusal("prefix",
                        [](Json& config, auto&) {
                          config["num_layers"] = 6;
                          config["token_dim"] = 31;
                          config["num_attention_heads"] = 2.5;
                          config["num_transformer_submodules"] = 2;
                          config["num_virtual_tokens"] = 32;
                        }) ==
        "num_transformer_submodules is 2 (allowed: 1 for this model); num_layers is 6 (allowed: 2 for this model); "
        "token_dim is 31 (allowed: 32 for this model); num_attention_heads is 2.5 (allowed: a whole number); "
        "num_virtual_tokens is 32 (allowed: 1 to 31 for this model)");
  CHECK(config_refusal("num_virtual_tokens", 4, "prefix") ==
        "the tensor 'prompt_embeddings' has the shape (3, 128) (allowed: (4, 128))");
}

TEST_CASE("an adapter without weights, or with them as a pickle, says what is there and how to convert it") {
  const Scratch scratch;
  fs::copy(peft_folder("half") / "adapter_config.json", scratch.path);
  CHECK(adapter_refusal(scratch.path) == "holds no adapter_model.safetensors");
  write_file_atomically(scratch.path / "adapter_model.bin", "x");
  const std::string text = adapter_refusal(scratch.path);
  CHECK(text.find("holds weights as adapter_model.bin only, a pickle: reading one can run any code that its writer put "
                  "into it (allowed: adapter_model.safetensors). Fix: convert it in that folder") == 0);
  CHECK(text.find("glob.glob(\"adapter_model*.bin\")") != std::string::npos);
}

TEST_CASE("hostile configs are refused at once: no object, deep nesting, expressions that explode") {
  const Scratch scratch;
  fs::copy(peft_folder("half") / "adapter_model.safetensors", scratch.path);
  write_file_atomically(scratch.path / "adapter_config.json", "[]");
  CHECK(adapter_refusal(scratch.path) == "is no JSON object");
  write_file_atomically(scratch.path / "adapter_config.json", std::string(1 << 20, '['));
  CHECK(adapter_refusal(scratch.path) == "nests more than 16 levels deep");
  CHECK(first(config_refusal("target_modules", "(.*.*.*.*.*)*(.*.*.*.*)*x", "half"))
            .ends_with("matches the full name of no linear site"));
  CHECK(first(config_refusal("target_modules", "((a+)+)+b\\1", "half"))
            .ends_with("(allowed: names, \"all-linear\" or a regular expression)"));
  CHECK(first(config_refusal("target_modules", std::string(3000, '('), "half"))
            .ends_with("(allowed: names, \"all-linear\" or a regular expression)"));
}

TEST_CASE("tensors and scales that fp32 does not hold are refused") {
  for (const double value : {std::nan(""), static_cast<double>(INFINITY), 1e300}) {
    const std::string refusal = adapter_refusal("half", [&](Json&, auto& tensors) {
      at::Tensor& b = tensor_ending(tensors, "0.attention.self.value.lora_B.weight").tensor;
      b = b.to(at::kDouble);
      b[0][0] = value;
    });
    CHECK(refusal ==
          "the tensor 'base_model.model.bert.encoder.layer.0.attention.self.value.lora_B.weight' holds values that are "
          "not finite in fp32");
  }
  CHECK(config_refusal("lora_alpha", 1e300, "half")
            .starts_with("the alpha of bert.encoder.layer.0.attention.self.value is 1e+300 (allowed: a number that "
                         "fp32 holds)"));
}
