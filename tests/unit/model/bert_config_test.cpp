#include "model/bert_config.hpp"
#include "model_support.hpp"

namespace engram::model::test {
namespace {

BertConfig parse(const std::string& json) { return parse_bert_config(parse_json(json, "config.json"), "config.json"); }

std::string refused(const std::string& members) {
  return refusal([&] { parse(R"({"model_type": "bert", )" + members + "}"); });
}

}  // namespace

TEST_CASE("a config that names only its type has BertConfig's defaults") {
  const BertConfig config = parse(R"({"model_type": "bert"})");
  CHECK(config.vocabulary == 30522);
  CHECK(config.hidden == 768);
  CHECK(config.layers == 12);
  CHECK(config.layer_norm_eps == 1e-12);
  CHECK(config.hidden_dropout == 0.1);
  CHECK(config.activation == kernels::Activation::gelu);
  CHECK_FALSE(config.classifier_dropout);
  CHECK_FALSE(config.labels);
}

TEST_CASE("MiniLM's config is read as it stands") {
  if (!fs::exists(minilm())) {
    WARN("MiniLM is not unpacked");
    return;
  }
  const BertConfig config = read_bert_config(minilm() / "config.json");
  CHECK(config.hidden == 384);
  CHECK(config.layers == 6);
  CHECK(config.heads == 12);
  CHECK(config.intermediate == 1536);
  CHECK(config.architectures == std::vector<std::string>{"BertModel"});
}

TEST_CASE("activations are known by every name that transformers gives them") {
  const auto activation = [](const std::string& name) {
    return parse(R"({"model_type": "bert", "hidden_act": ")" + name + "\"}").activation;
  };
  CHECK(activation("gelu") == kernels::Activation::gelu);
  CHECK(activation("gelu_new") == kernels::Activation::gelu_tanh);
  CHECK(activation("gelu_pytorch_tanh") == kernels::Activation::gelu_tanh);
  CHECK(activation("relu") == kernels::Activation::relu);
  CHECK(activation("silu") == kernels::Activation::silu);
  CHECK(activation("swish") == kernels::Activation::silu);
  CHECK(activation("tanh") == kernels::Activation::tanh);
}

TEST_CASE("labels come from id2label, else from num_labels") {
  CHECK(*parse(R"({"model_type": "bert", "id2label": {"1": "b", "0": "a"}, "label2id": {"a": 0, "b": 1}})").labels ==
        std::vector<std::string>{"a", "b"});
  CHECK(*parse(R"({"model_type": "bert", "num_labels": 3})").labels ==
        std::vector<std::string>{"LABEL_0", "LABEL_1", "LABEL_2"});
}

TEST_CASE("a model of another family is refused") {
  CHECK(
      refusal([] { parse(R"({"model_type": "gpt2"})"); }) ==
      "config.json: model_type is \"gpt2\" (allowed: \"bert\"). Fix: choose a model of the BERT family (BERT, MiniLM)");
  CHECK(contains(refusal([] { parse("{}"); }), "model_type is missing"));
  CHECK(contains(refusal([] { parse("[]"); }), "is no JSON object"));
}

TEST_CASE("what the encoder does not do is refused with file and key") {
  CHECK(refused(R"("position_embedding_type": "relative_key")") ==
        "config.json: position_embedding_type is \"relative_key\" (allowed: \"absolute\")");
  CHECK(refused(R"("is_decoder": true)") == "config.json: is_decoder is true (allowed: false)");
  CHECK(refused(R"("add_cross_attention": true)") == "config.json: add_cross_attention is true (allowed: false)");
  CHECK(
      refused(R"("hidden_act": "gelu_fast")") ==
      "config.json: hidden_act is \"gelu_fast\" (allowed: gelu, gelu_new, gelu_pytorch_tanh, relu, silu, swish, tanh)");
  CHECK(contains(refused(R"("pruned_heads": {"0": [1]})"), "pruned_heads is {\"0\":[1]}"));
}

TEST_CASE("values out of range are refused with what is allowed") {
  CHECK(refused(R"("hidden_size": 0)") ==
        "config.json: hidden_size is 0 (allowed: a whole number from 1 to 2,147,483,648)");
  CHECK(refused(R"("num_hidden_layers": 1001)") ==
        "config.json: num_hidden_layers is 1001 (allowed: a whole number from 1 to 1,000)");
  CHECK(refused(R"("num_labels": 2147483648)") ==
        "config.json: num_labels is 2147483648 (allowed: a whole number from 1 to 65,536)");
  CHECK(contains(refused(R"("vocab_size": "many")"), "vocab_size is \"many\""));
  CHECK(contains(refused(R"("hidden_size": 100)"), "hidden_size is 100, no multiple of num_attention_heads, 12"));
  CHECK(refused(R"("hidden_dropout_prob": 1)") ==
        "config.json: hidden_dropout_prob is 1 (allowed: a number from 0 to below 1)");
  CHECK(contains(refused(R"("classifier_dropout": -0.1)"), "classifier_dropout is -0.1"));
  CHECK(contains(refused(R"("layer_norm_eps": 0)"), "layer_norm_eps is 0 (allowed: a number above 0)"));
}

TEST_CASE("label maps that do not agree are refused") {
  CHECK(contains(refused(R"("id2label": {"0": "a", "2": "b"})"),
                 "id2label has no name for 1 (allowed: a name for every number from 0 to 1)"));
  CHECK(contains(refused(R"("id2label": {"0": "a", "1": "a"})"), "id2label gives one name to two numbers"));
  CHECK(contains(refused(R"("id2label": {"0": "a", "1": "b"}, "label2id": {"a": 1, "b": 0})"),
                 "label2id does not map \"a\" to 0 as id2label does"));
  CHECK(contains(refused(R"("id2label": {"0": "a"}, "num_labels": 2)"), "num_labels is 2, and id2label names 1"));
}

TEST_CASE("all faults of a config are told at once") {
  const std::string text = refused(R"("hidden_act": "x", "is_decoder": true, "num_hidden_layers": -1)");
  CHECK(contains(text, "hidden_act"));
  CHECK(contains(text, "is_decoder"));
  CHECK(contains(text, "num_hidden_layers"));
}

}  // namespace engram::model::test
