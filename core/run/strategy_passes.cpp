#include "run/strategy_passes.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "base/seeds.hpp"
#include "base/text.hpp"
#include "model/safetensors.hpp"
#include "train/passes.hpp"

namespace engram::run {
namespace {

// Grows when a change of the code changes what a pass finds.
constexpr const char* kCacheVersion = "2";

struct PassInput {
  const strategy::ResolvedPass& pass;
  const data::Examples& examples;
  std::vector<int64_t> rows;
  train::SquaresRequest request;
};

std::string hash_of(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().cpu().contiguous();
  return sha256({static_cast<const char*>(plain.data_ptr()), plain.nbytes()});
}

std::string cache_key(const PassInput& input, const Material& material) {
  const model::Head& head = *material.model->find_head(input.examples.task);
  const train::SquaresRequest& request = input.request;
  // A batch's size shows only where a whole batch is squared.
  const int64_t batch = request.squares == sdk::SquareMode::batch_mean ? request.batch_size : 0;
  return sha256(
      text::join({kCacheVersion, TORCH_VERSION, at::get_cpu_capability(), material.model->device().str(),
                  std::to_string(at::get_num_threads()), material.model_hash, hash_of(head.weight), hash_of(head.bias),
                  input.examples.content_hash, std::to_string(input.pass.pass.samples), std::to_string(request.seed),
                  std::to_string(static_cast<int>(request.labels)), std::to_string(static_cast<int>(request.squares)),
                  std::to_string(batch), text::join(request.parameters, ",")},
                 "/"));
}

std::filesystem::path cache_file(const std::string& key) { return cache_folder() / "passes" / (key + ".safetensors"); }

std::optional<strategy::PassResult> find_cached(const std::filesystem::path& file, const PassInput& input) {
  std::error_code unknown;
  if (!std::filesystem::exists(file, unknown)) return {};
  try {
    const model::SafetensorsFile cached(file);
    strategy::PassResult result{.facts = {.samples = static_cast<int64_t>(input.rows.size()),
                                          .labels = input.request.labels,
                                          .from_cache = true}};
    for (const std::string& name : input.request.parameters) result.squares[name] = cached.tensor(name);
    return result;
  } catch (const Error& damage) {
    log::info(std::string("cached squared gradients are damaged and are computed again: ") + damage.what());
    return {};
  }
}

void keep(const std::filesystem::path& file, const strategy::PassResult& result) {
  std::vector<model::NamedTensor> tensors;
  for (const auto& [name, tensor] : result.squares) tensors.push_back({name, tensor});
  try {
    model::write_safetensors(file, tensors);
  } catch (const std::exception& error) {
    log::warning(std::string("squared gradients are not cached: ") + error.what());
  }
}

strategy::PassResult squares_of(const PassInput& input, const Material& material) {
  const bool cacheable = input.pass.pass.when == sdk::Pass::When::before_training;
  const std::filesystem::path file = cacheable ? cache_file(cache_key(input, material)) : std::filesystem::path();
  if (cacheable) {
    if (auto found = find_cached(file, input)) return *std::move(found);
  }
  train::Squares squares = train::squared_gradients(*material.model, input.examples, input.rows, input.request);
  strategy::PassResult result{.facts = {.samples = squares.samples, .labels = input.request.labels},
                              .squares = std::move(squares.by_parameter)};
  if (cacheable) keep(file, result);
  return result;
}

PassInput input_of(const strategy::ResolvedPass& pass, const Preparation& prepared, const Material& material) {
  const auto seed = static_cast<uint64_t>(prepared.recipe().train.seed);
  const data::Examples& examples = material.strategy_sets.at(pass.pass.data);
  PassInput input{
      .pass = pass,
      .examples = examples,
      .rows = train::choose_rows(examples.size(), pass.pass.samples, derive_seed(seed, "pass rows:" + pass.pass.data))};
  input.request = {.parameters = pass.parameters,
                   .labels = pass.labels,
                   .batch_size = pass.pass.batch_size,
                   .seed = derive_seed(seed, "pass labels:" + pass.pass.data),
                   .adapters = pass.pass.when == sdk::Pass::When::after_training};
  if (const auto* squares = std::get_if<sdk::SquaredGradients>(&pass.pass.work))
    input.request.squares = squares->squares;
  return input;
}

}  // namespace

strategy::PassResults run_passes(sdk::Pass::When when, const Preparation& prepared, const Material& material,
                                 const std::function<void(const std::string&)>& phase) {
  strategy::PassResults results;
  for (const strategy::ResolvedPass& pass : prepared.resolution.passes) {
    if (pass.pass.when != when) continue;
    const PassInput input = input_of(pass, prepared, material);
    phase(pass.strategy + ": the pass '" + pass.pass.name + "' over " +
          text::thousands(static_cast<int64_t>(input.rows.size())) + " rows of data." + pass.pass.data);
    if (std::holds_alternative<sdk::Forward>(pass.pass.work)) {
      train::forward_pass(*material.model, input.examples, input.rows, prepared.strategies.guarded_forward(pass),
                          pass.pass.batch_size, input.request.adapters);
    } else {
      results[pass.strategy + "." + pass.pass.name] = squares_of(input, material);
    }
  }
  return results;
}

}  // namespace engram::run
