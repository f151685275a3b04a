#include "checkpoint/deployable.hpp"

#include "checkpoint/peft_adapter.hpp"
#include "checkpoint/swap.hpp"
#include "model/folder.hpp"

namespace engram::checkpoint {

Form form_of(const strategy::Resolution& resolution, const sdk::ModelView& view) {
  return fits_peft(resolution, view) ? Form::peft_adapter : Form::model_folder;
}

void write_deployable(const std::filesystem::path& folder, const Subject& subject) {
  const FolderSwap swap(folder);
  if (form_of(subject.resolution, subject.model.view()) == Form::peft_adapter) {
    write_peft_adapter(swap.fresh(), subject.model, subject.resolution, subject.strategies.claimed_tensors(),
                       subject.task, std::filesystem::absolute(subject.base).lexically_normal().string());
    model::save_heads(subject.model, subject.task, swap.fresh());
  } else {
    model::save_model(subject.model, subject.task, subject.base, swap.fresh(),
                      subject.strategies.merged_parameters(subject.model));
  }
  swap.commit();
}

}  // namespace engram::checkpoint
