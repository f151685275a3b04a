#include "model/bert_config.hpp"

#include <cmath>
#include <set>

#include "base/errors.hpp"
#include "base/text.hpp"

namespace engram::model {
namespace {

constexpr int64_t kMostLabels = 65'536;  // that a number alone may stand for

class ConfigReader {
 public:
  ConfigReader(const Json& object, const std::string& file) : object_(object), file_(file) {}

  BertConfig read() {
    if (!object_.is_object()) throw DataError({.what = "is no JSON object", .where = file_});
    if (!is_bert()) faults_.raise<DataError>();
    read_sizes();
    read_numbers();
    read_activation();
    refuse_unsupported();
    read_head();
    config_.source = object_;
    faults_.raise<DataError>();
    return std::move(config_);
  }

 private:
  void fault(const std::string& key, const std::string& what, const std::string& allowed = {},
             const std::string& fix = {}) {
    faults_.add({.what = key + " " + what, .where = file_, .allowed = allowed, .fix = fix});
  }

  // nullptr where the key is absent or null.
  const Json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  bool is_bert() {
    const Json* type = find("model_type");
    if (type != nullptr && *type == "bert") return true;
    fault("model_type", type == nullptr ? "is missing" : "is " + type->dump(), "\"bert\"",
          "choose a model of the BERT family (BERT, MiniLM)");
    return false;
  }

  void read_size(const char* key, int64_t& size, int64_t most = int64_t{1} << 31) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number_integer() || value->get<int64_t>() < 1 || value->get<int64_t>() > most) {
      return fault(key, "is " + value->dump(), "a whole number from 1 to " + text::thousands(most));
    }
    size = value->get<int64_t>();
  }

  void read_sizes() {
    read_size("vocab_size", config_.vocabulary);
    read_size("hidden_size", config_.hidden);
    read_size("num_hidden_layers", config_.layers, kMostLayers);
    read_size("num_attention_heads", config_.heads);
    read_size("intermediate_size", config_.intermediate);
    read_size("max_position_embeddings", config_.max_positions);
    read_size("type_vocab_size", config_.token_types);
    if (config_.hidden % config_.heads != 0) {
      fault("hidden_size", "is " + std::to_string(config_.hidden) + ", no multiple of num_attention_heads, " +
                               std::to_string(config_.heads));
    }
  }

  void read_probability(const char* key, double& probability) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number() || value->get<double>() < 0 || value->get<double>() >= 1) {
      return fault(key, "is " + value->dump(), "a number from 0 to below 1");
    }
    probability = value->get<double>();
  }

  void read_positive(const char* key, double& number) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number() || !(value->get<double>() > 0))
      return fault(key, "is " + value->dump(), "a number above 0");
    number = value->get<double>();
  }

  void read_numbers() {
    read_probability("hidden_dropout_prob", config_.hidden_dropout);
    read_probability("attention_probs_dropout_prob", config_.attention_dropout);
    if (find("classifier_dropout") != nullptr) {
      config_.classifier_dropout = 0;
      read_probability("classifier_dropout", *config_.classifier_dropout);
    }
    read_positive("layer_norm_eps", config_.layer_norm_eps);
    read_positive("initializer_range", config_.initializer_range);
  }

  void read_activation() {
    const Json* value = find("hidden_act");
    if (value == nullptr) return;
    const std::string name = value->is_string() ? value->get<std::string>() : value->dump();
    const auto activation = kernels::activation_of(name);
    if (!activation) return fault("hidden_act", "is \"" + name + "\"", text::join(kernels::activation_names(), ", "));
    config_.activation = *activation;
  }

  void refuse_unsupported() {
    const Json* positions = find("position_embedding_type");
    if (positions != nullptr && *positions != "absolute") {
      fault("position_embedding_type", "is " + positions->dump(), "\"absolute\"");
    }
    for (const char* key : {"is_decoder", "add_cross_attention", "is_encoder_decoder"}) {
      const Json* value = find(key);
      if (value != nullptr && *value != false) fault(key, "is " + value->dump(), "false");
    }
    const Json* pruned = find("pruned_heads");
    if (pruned != nullptr && !pruned->empty()) fault("pruned_heads", "is " + pruned->dump(), "no pruned heads");
  }

  void read_head() {
    if (const Json* names = find("architectures"); names != nullptr && names->is_array()) {
      for (const Json& name : *names) {
        if (name.is_string()) config_.architectures.push_back(name.get<std::string>());
      }
    }
    if (const Json* type = find("problem_type")) {
      config_.problem_type = type->is_string() ? type->get<std::string>() : type->dump();
    }
    read_labels();
    check_label_ids();
  }

  void read_labels() {
    int64_t count = 0;
    read_size("num_labels", count, kMostLabels);
    const Json* names = find("id2label");
    if (names == nullptr) {
      if (count > 0) config_.labels.emplace();
      for (int64_t i = 0; i < count; ++i) config_.labels->push_back("LABEL_" + std::to_string(i));
      return;
    }
    if (!names->is_object() || names->empty()) return fault("id2label", "is no object of names by number");
    std::vector<std::string> labels;
    for (size_t i = 0; i < names->size(); ++i) {
      const auto name = names->find(std::to_string(i));
      if (name == names->end() || !name->is_string()) {
        return fault("id2label", "has no name for " + std::to_string(i),
                     "a name for every number from 0 to " + std::to_string(names->size() - 1));
      }
      labels.push_back(name->get<std::string>());
    }
    if (std::set<std::string>(labels.begin(), labels.end()).size() != labels.size()) {
      return fault("id2label", "gives one name to two numbers");
    }
    if (count > 0 && count != static_cast<int64_t>(labels.size())) {
      return fault("num_labels",
                   "is " + std::to_string(count) + ", and id2label names " + std::to_string(labels.size()));
    }
    config_.labels = std::move(labels);
  }

  void check_label_ids() {
    const Json* ids = find("label2id");
    if (ids == nullptr || find("id2label") == nullptr || !config_.labels) return;
    for (size_t i = 0; i < config_.labels->size(); ++i) {
      const auto id = ids->is_object() ? ids->find((*config_.labels)[i]) : ids->end();
      if (id == ids->end() || *id != i) {
        return fault("label2id",
                     "does not map \"" + (*config_.labels)[i] + "\" to " + std::to_string(i) + " as id2label does");
      }
    }
  }

  const Json& object_;
  const std::string& file_;
  BertConfig config_;
  Faults faults_;
};

}  // namespace

BertConfig parse_bert_config(const Json& object, const std::string& file) { return ConfigReader(object, file).read(); }

BertConfig read_bert_config(const std::filesystem::path& file) {
  return parse_bert_config(read_json(file), file.string());
}

Json config_with_head(const BertConfig& config, const std::vector<std::string>& labels) {
  Json object = config.source;
  for (const char* key : {"_name_or_path", "torch_dtype", "num_labels", "id2label", "label2id"}) object.erase(key);
  object["architectures"] = {"BertForSequenceClassification"};
  object["problem_type"] = "single_label_classification";
  object["dtype"] = "float32";
  for (size_t i = 0; i < labels.size(); ++i) object["id2label"][std::to_string(i)] = labels[i];
  for (size_t i = 0; i < labels.size(); ++i) object["label2id"][labels[i]] = i;
  return object;
}

}  // namespace engram::model
