#include "checkpoint/deployable.hpp"

#include <algorithm>

#include "checkpoint/peft_names.hpp"
#include "checkpoint/strategy_tensors.hpp"
#include "checkpoint/swap.hpp"
#include "checkpoint/trained_adapter.hpp"
#include "hub/reference.hpp"
#include "model/folder.hpp"

namespace engram::checkpoint {
namespace {

std::vector<model::NamedTensor> beside_model(const Subject& subject, const std::vector<model::NamedTensor>& claimed) {
  std::vector<model::NamedTensor> tensors = carried_tensors(subject.resolution, claimed);
  const auto settings = subject.strategies.settings();
  for (const auto& [name, tensor] : subject.carried_before) {
    const auto owns = [&name = name](const auto& strategy) { return name.starts_with(strategy.first + "."); };
    if (std::none_of(settings.begin(), settings.end(), owns)) tensors.push_back({name, tensor});
  }
  return tensors;
}

std::vector<model::NamedTensor> named(const std::vector<std::string>& names,
                                      const std::vector<model::NamedTensor>& claimed) {
  std::vector<model::NamedTensor> tensors;
  for (const model::NamedTensor& entry : claimed) {
    if (std::find(names.begin(), names.end(), entry.name) != names.end()) tensors.push_back(entry);
  }
  return tensors;
}

void write_records(const std::filesystem::path& folder, const Subject& subject) {
  write_provenance(folder, subject.provenance);
  if (subject.kept) write_kept(folder, *subject.kept);
}

}  // namespace

Form form_of(const strategy::Resolution& resolution, const sdk::ModelView& view) {
  if (fits_virtual_tokens(resolution, view)) return Form::peft_virtual_tokens;
  return fits_peft(resolution, view) ? Form::peft_adapter : Form::model_folder;
}

void write_deployable(const std::filesystem::path& folder, const Subject& subject) {
  if (form_of(subject.resolution, subject.model.view()) == Form::model_folder) return write_merged(folder, subject);
  const FolderSwap swap(folder);
  const std::vector<model::NamedTensor> claimed = subject.strategies.claimed_tensors();
  // A name of the hub holds on other machines too.
  const std::optional<hub::Reference> reference = hub::parse_reference(subject.provenance.base);
  const std::string base = reference && hub::is_commit(reference->revision)
                               ? subject.provenance.base
                               : std::filesystem::absolute(subject.base).lexically_normal().string();
  const TrainedAdapter trained = trained_adapter(subject.model, subject.resolution, claimed, subject.task, base);
  write_adapter(swap.fresh(), trained.adapter, subject.model.view());
  model::save_heads(subject.model, subject.task, swap.fresh());
  write_strategy_tensors(swap.fresh(), named(trained.not_held, claimed));
  write_records(swap.fresh(), subject);
  swap.commit();
}

void write_merged(const std::filesystem::path& folder, const Subject& subject) {
  const FolderSwap swap(folder);
  model::save_model(subject.model, subject.task, subject.base, swap.fresh(),
                    subject.strategies.merged_parameters(subject.model));
  write_strategy_tensors(swap.fresh(), beside_model(subject, subject.strategies.claimed_tensors()));
  write_records(swap.fresh(), subject);
  swap.commit();
}

bool folds_into_weights(const strategy::Resolution& resolution) {
  return resolution.prefixes.empty() && !resolution.prompt;
}

void write_carried(const std::filesystem::path& folder, const Subject& subject) {
  const std::vector<model::NamedTensor> tensors = beside_model(subject, subject.strategies.claimed_tensors());
  if (tensors.empty() || std::filesystem::exists(folder / kAdapterConfigFile)) return;
  const FolderSwap swap(folder);
  swap.keep_all_but(kStrategyTensorsFile);
  write_strategy_tensors(swap.fresh(), tensors);
  swap.commit();
}

}  // namespace engram::checkpoint
