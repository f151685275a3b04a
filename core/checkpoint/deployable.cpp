#include "checkpoint/deployable.hpp"

#include "checkpoint/peft_adapter.hpp"
#include "checkpoint/peft_virtual_tokens.hpp"
#include "checkpoint/strategy_tensors.hpp"
#include "checkpoint/swap.hpp"
#include "model/folder.hpp"

namespace engram::checkpoint {

Form form_of(const strategy::Resolution& resolution, const sdk::ModelView& view) {
  if (fits_virtual_tokens(resolution, view)) return Form::peft_virtual_tokens;
  return fits_peft(resolution, view) ? Form::peft_adapter : Form::model_folder;
}

void write_deployable(const std::filesystem::path& folder, const Subject& subject) {
  const FolderSwap swap(folder);
  const std::vector<model::NamedTensor> claimed = subject.strategies.claimed_tensors();
  const std::string base = std::filesystem::absolute(subject.base).lexically_normal().string();
  std::vector<std::string> not_held;
  const Form form = form_of(subject.resolution, subject.model.view());
  if (form == Form::peft_virtual_tokens) {
    not_held = write_virtual_tokens(swap.fresh(), subject.model, subject.resolution, claimed, subject.task, base);
  } else if (form == Form::peft_adapter) {
    write_peft_adapter(swap.fresh(), subject.model, subject.resolution, claimed, subject.task, base);
  } else {
    model::save_model(subject.model, subject.task, subject.base, swap.fresh(),
                      subject.strategies.merged_parameters(subject.model));
  }
  if (form != Form::model_folder) model::save_heads(subject.model, subject.task, swap.fresh());
  write_strategy_tensors(swap.fresh(), subject.resolution, claimed, not_held);
  swap.commit();
}

}  // namespace engram::checkpoint
