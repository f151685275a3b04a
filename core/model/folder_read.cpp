#include <algorithm>
#include <cmath>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "model/bert_model.hpp"
#include "model/bert_view.hpp"
#include "model/folder.hpp"
#include "model/folder_contents.hpp"

namespace engram::model {
namespace {

// fp32 stays mapped (copy-on-write); the rest is converted.
at::Tensor as_float(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kFloat ? tensor : tensor.to(at::kFloat);
}

// One sum mostly tells of all values; that of very large ones may overflow.
bool all_finite(const at::Tensor& tensor) {
  return std::isfinite(tensor.sum().item<double>()) || at::isfinite(tensor).all().item<bool>();
}

void refuse_broken_numbers(const std::vector<std::string>& names, const std::filesystem::path& weights) {
  constexpr size_t kNamed = 10;
  if (names.empty()) return;
  const std::vector<std::string> first(names.begin(), names.begin() + std::min(names.size(), kNamed));
  const std::string more =
      names.size() > kNamed ? " and " + std::to_string(names.size() - kNamed) + " more" : std::string();
  throw DataError({.what = "holds values that are not finite in " + text::join(first, ", ") + more,
                   .where = weights.string(),
                   .fix = "the training that made it has diverged, or the file is damaged: take another copy or an "
                          "earlier checkpoint"});
}

}  // namespace

FolderFacts inspect_folder(const std::filesystem::path& folder) {
  const FolderContents contents = read_folder_contents(folder);
  FolderFacts facts{.folder = folder,
                    .view = bert_view(contents.config),
                    .heads = {},
                    .tokenizer_file = folder / kTokenizerFile,
                    .weights_files = contents.weights.files(),
                    .weights_bytes = contents.weights.bytes()};
  if (!std::filesystem::exists(facts.tokenizer_file)) {
    throw DataError({.what = "holds no tokenizer.json, the one tokenizer file that engram reads",
                     .where = folder.string(),
                     .fix = "load the tokenizer with transformers' AutoTokenizer and call save_pretrained(folder)"});
  }
  for (const StoredHead& head : contents.heads) facts.heads.push_back({head.task, head.labels});
  return facts;
}

std::unique_ptr<Model> load_model(const std::filesystem::path& folder, const std::string& task_of_unnamed_head) {
  const FolderContents contents = read_folder_contents(folder);
  std::vector<NamedTensor> tensors;
  std::vector<std::string> broken;
  const auto checked = [&](const at::Tensor& tensor, const std::string& name) {
    if (!all_finite(tensor)) broken.push_back(name);
    return tensor;
  };
  for (const auto& [name, stored] : contents.trunk) {
    tensors.push_back({name, checked(as_float(contents.weights.tensor(stored)), stored)});
  }
  auto model = std::make_unique<BertModel>(contents.config, tensors);
  for (const StoredHead& head : contents.heads) {
    const std::string task = head.task.empty() ? task_of_unnamed_head : head.task;
    if (task.empty()) continue;
    const auto stored = [&](const std::string& name) {
      return checked(as_float(head.primary ? contents.weights.tensor(name) : contents.head_weights->tensor(name)),
                     name);
    };
    model->set_head({.task = task, .labels = head.labels, .weight = stored(head.weight), .bias = stored(head.bias)});
  }
  refuse_broken_numbers(broken, contents.weights.place());
  return model;
}

}  // namespace engram::model
