#include "run/trained_model.hpp"

#include <ATen/core/grad_mode.h>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "checkpoint/peft_adapter.hpp"
#include "checkpoint/peft_virtual_tokens.hpp"
#include "checkpoint/run_folder.hpp"
#include "model/folder.hpp"

namespace engram::run {
namespace {

void require_same_base(const model::FolderFacts& base, const std::string& recorded) {
  const std::string found = sha256_of_file(base.weights_file);
  if (found == recorded) return;
  throw DataError({.what = "the model has changed since the adapter was trained on it: its weights hash to " +
                           found.substr(0, 12) + ", and were " + recorded.substr(0, 12),
                   .where = base.weights_file.string(),
                   .fix = "put the model back that the run's manifest.json names"});
}

// Puts an adapter's updates, biases and head into the model.
void install(model::Model& model, const checkpoint::PeftAdapter& adapter, model::Head head) {
  for (const model::NamedTensor& entry : adapter.parameters) {
    const at::Tensor value = entry.tensor.to(model.device(), at::kFloat);
    if (entry.name == "heads." + head.task + ".weight") {
      head.weight = value.clone();
    } else if (entry.name == "heads." + head.task + ".bias") {
      head.bias = value.clone();
    } else {
      const at::NoGradGuard no_grad;
      model.parameter(entry.name).copy_(value);
    }
  }
  model.set_head(std::move(head));
  for (const checkpoint::PeftUpdate& update : adapter.updates) model.attach(update.site, update.bound(model.device()));
}

// Puts what a folder in PEFT's format holds into the model; `head` has its name and labels.
void install_adapter(model::Model& model, const std::filesystem::path& folder, model::Head head) {
  if (!checkpoint::holds_virtual_tokens(folder)) {
    const checkpoint::PeftAdapter adapter = checkpoint::read_peft_adapter(folder, model.view(), head.task);
    return install(model, adapter, std::move(head));
  }
  const checkpoint::VirtualTokens tokens = checkpoint::read_virtual_tokens(folder, model.view());
  head.weight = tokens.head_weight;
  head.bias = tokens.head_bias;
  model.set_head(std::move(head));
  tokens.attach_to(model);
}

// What the recipe's training set of the task has in a row.
predict::Input input_of(const Json& recipe, const std::string& task) {
  for (const Json& set : recipe.at("data")) {
    const bool trains = set.at("task") == task && set.at("use") == "train";
    if (trains && !set.at("pair").empty()) return predict::Input::pair;
  }
  return predict::Input::text;
}

[[noreturn]] void refuse_without_best(const checkpoint::RunFolder& run) {
  const std::string folder = run.path().string();
  const Json result = std::filesystem::exists(run.result()) ? read_json(run.result()) : Json::object();
  if (result.contains("chosen") && result.at("chosen").is_object()) {
    throw DataError({.what = "holds no checkpoint: the model as it began scored best, so nothing that was trained is "
                             "kept",
                     .where = folder,
                     .fix = "train longer or at a higher rate, or look at what score takes off (" +
                            (run.path() / "metrics.csv").string() + " has every evaluation)"});
  }
  throw DataError({.what = "holds no checkpoint: the run has not got so far",
                   .where = folder,
                   .fix = "go on with engram run --resume " + folder});
}

}  // namespace

predict::Predictor open_trained(const std::filesystem::path& run_folder, at::Device device) {
  const checkpoint::RunFolder run = checkpoint::RunFolder::open(run_folder);
  const Json manifest = read_json(run.manifest());
  if (!std::filesystem::exists(run.best())) {
    refuse_without_best(run);
  }
  const std::string task = manifest.at("trained_task").get<std::string>();
  const bool is_adapter = std::filesystem::exists(run.best() / "adapter_config.json");
  const std::filesystem::path folder =
      is_adapter ? std::filesystem::path(manifest.at("model").at("folder").get<std::string>()) : run.best();
  const model::FolderFacts facts = model::inspect_folder(folder);
  if (is_adapter) require_same_base(facts, manifest.at("model").at("weights_sha256").get<std::string>());

  std::unique_ptr<model::Model> model = model::load_model(folder, is_adapter ? "" : task);
  model->move_to(device);
  if (is_adapter) {
    const auto labels = manifest.at("tasks").at(task).get<std::vector<std::string>>();
    install_adapter(*model, run.best(), {.task = task, .labels = labels});
  }
  const Json& recipe = manifest.at("recipe");
  return {std::move(model), data::Tokenizer(facts.tokenizer_file), task, input_of(recipe, task),
          recipe.at("train").at("max_length").get<int64_t>()};
}

}  // namespace engram::run
