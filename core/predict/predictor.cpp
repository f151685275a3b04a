#include "predict/predictor.hpp"

#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/json.hpp"
#include "checkpoint/peft_adapter.hpp"
#include "checkpoint/run_folder.hpp"
#include "data/batch.hpp"
#include "model/folder.hpp"

namespace engram::predict {
namespace {

constexpr size_t kBatchSize = 32;

void require_same_base(const model::FolderFacts& base, const std::string& recorded) {
  const std::string found = sha256_of_file(base.weights_file);
  if (found == recorded) return;
  throw DataError({.what = "the model has changed since the adapter was trained on it: its weights hash to " +
                           found.substr(0, 12) + ", and were " + recorded.substr(0, 12),
                   .where = base.weights_file.string(),
                   .fix = "put the model back that the run's manifest.json names"});
}

// Puts an adapter's pairs, biases and head into the model.
void install(model::Model& model, const checkpoint::PeftAdapter& adapter, const std::string& task,
             const std::vector<std::string>& labels) {
  model::Head head{.task = task, .labels = labels};
  for (const model::NamedTensor& entry : adapter.parameters) {
    const at::Tensor value = entry.tensor.to(model.device(), at::kFloat);
    if (entry.name == "heads." + task + ".weight") {
      head.weight = value.clone();
    } else if (entry.name == "heads." + task + ".bias") {
      head.bias = value.clone();
    } else {
      const at::NoGradGuard no_grad;
      model.parameter(entry.name).copy_(value);
    }
  }
  model.set_head(std::move(head));
  for (const auto& [site, low_rank] : adapter.pairs) {
    model.attach(site, model::BoundLowRank{.a = low_rank.a.to(model.device()),
                                           .b = low_rank.b.to(model.device()),
                                           .scale = low_rank.scale});
  }
}

}  // namespace

Predictor::Predictor(const std::filesystem::path& run_folder, at::Device device) {
  const checkpoint::RunFolder run = checkpoint::RunFolder::open(run_folder);
  const Json manifest = read_json(run.manifest());
  if (!std::filesystem::exists(run.best())) {
    throw DataError({.what = "holds no best checkpoint: nothing scored better than the starting point, or it never got so far",
                     .where = run_folder.string()});
  }
  task_ = manifest.at("trained_task").get<std::string>();
  labels_ = manifest.at("tasks").at(task_).get<std::vector<std::string>>();
  max_length_ = manifest.at("recipe").at("train").at("max_length").get<int64_t>();

  const bool is_adapter = std::filesystem::exists(run.best() / "adapter_config.json");
  const std::filesystem::path folder =
      is_adapter ? std::filesystem::path(manifest.at("model").at("folder").get<std::string>()) : run.best();
  const model::FolderFacts facts = model::inspect_folder(folder);
  if (is_adapter) require_same_base(facts, manifest.at("model").at("weights_sha256").get<std::string>());
  model_ = model::load_model(folder, is_adapter ? "original" : task_);
  model_->move_to(device);
  if (is_adapter) install(*model_, checkpoint::read_peft_adapter(run.best(), model_->view(), task_), task_, labels_);
  tokenizer_ = std::make_unique<data::Tokenizer>(facts.tokenizer_file);
}

std::vector<Prediction> Predictor::label(const std::vector<std::string>& texts) const {
  const c10::InferenceMode inference;
  const data::Examples examples{.task = task_,
                                .tokens = tokenizer_->encode(texts, {}, max_length_),
                                .labels = std::vector<int64_t>(texts.size(), -1)};
  std::vector<Prediction> predictions;
  for (size_t begin = 0; begin < texts.size(); begin += kBatchSize) {
    interrupt::check();
    std::vector<int64_t> rows;
    for (size_t i = begin; i < std::min(begin + kBatchSize, texts.size()); ++i) rows.push_back(static_cast<int64_t>(i));
    const data::Batch batch = data::pack(examples, rows).to(model_->device());
    const auto [probability_B, label_B] = model_->logits(batch, task_, {}).to(at::kFloat).softmax(1).cpu().max(1);
    for (size_t i = 0; i < rows.size(); ++i) {
      predictions.push_back({.label = labels_[static_cast<size_t>(label_B.const_data_ptr<int64_t>()[i])],
                             .probability = probability_B.const_data_ptr<float>()[i]});
    }
  }
  return predictions;
}

}  // namespace engram::predict
