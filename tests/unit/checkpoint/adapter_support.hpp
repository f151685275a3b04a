// What the tests of adapters share: a scratch folder, the tiny base, peft's adapters and changed copies of them.
#pragma once

#include <ATen/core/grad_mode.h>
#include <unistd.h>

#include <functional>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "checkpoint/adapter.hpp"
#include "model/safetensors.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

namespace engram::tests {

namespace fs = std::filesystem;

inline constexpr const char* kTask = "wind";

// A folder that disappears with the test.
struct Scratch {
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "engram-checkpoint-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no scratch folder");
    path = pattern;
  }
  ~Scratch() { fs::remove_all(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  fs::path path;
};

// As peft wrote it: tests/golden/peft_adapters.py.
inline fs::path peft_folder(const std::string& name) {
  return fs::path(ENGRAM_SOURCE_DIR) / "tests/golden/peft_adapters" / name;
}

inline std::unique_ptr<model::Model> base_model() {
  auto model = model::load_model(golden_folder() / "model", kTask);
  model->set_dropout(0);
  return model;
}

inline at::Tensor first_logits(const model::Model& model) {
  const at::NoGradGuard no_grad;
  return model.logits(data::pack(golden_examples(), std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7}), kTask, {});
}

// The base under an adapter, with its own head where the adapter has none.
inline at::Tensor logits_with(const fs::path& folder) {
  const auto model = base_model();
  const checkpoint::Adapter adapter = checkpoint::read_adapter(folder, model->view());
  model::Head head = *model->find_head(kTask);
  if (adapter.head_weight.defined()) {
    head.weight = adapter.head_weight;
    head.bias = adapter.head_bias;
  }
  const checkpoint::Attached attached(*model, adapter, head);
  return first_logits(*model);
}

inline std::vector<model::NamedTensor> tensors_of(const fs::path& folder) {
  const model::SafetensorsFile file(folder / "adapter_model.safetensors");
  std::vector<model::NamedTensor> tensors;
  for (const std::string& name : file.header().names()) tensors.push_back({name, file.tensor(name)});
  return tensors;
}

using Change = std::function<void(Json& config, std::vector<model::NamedTensor>& tensors)>;

// Copies one of peft's adapters with its config and tensors changed.
inline void copy_adapter(const std::string& name, const fs::path& folder, const Change& change) {
  Json config = read_json(peft_folder(name) / "adapter_config.json");
  std::vector<model::NamedTensor> tensors = tensors_of(peft_folder(name));
  change(config, tensors);
  write_file_atomically(folder / "adapter_config.json", config.dump(2));
  model::write_safetensors(folder / "adapter_model.safetensors", tensors);
}

// With what a folder is refused, faults joined by "; ", without their common beginnings; "accepted" when it is not.
inline std::string adapter_refusal(const fs::path& folder) {
  try {
    checkpoint::read_adapter(folder, base_model()->view());
  } catch (const DataError& error) {
    std::string text;
    for (Fault fault : error.faults()) {
      const std::string start = "the adapter cannot be used: ";
      if (fault.what.starts_with(start)) fault.what = fault.what.substr(start.size());
      fault.where.clear();
      text += (text.empty() ? "" : "; ") + fault.text();
    }
    return text;
  }
  return "accepted";
}

inline std::string adapter_refusal(const std::string& name, const Change& change) {
  const Scratch scratch;
  copy_adapter(name, scratch.path, change);
  return adapter_refusal(scratch.path);
}

inline void remove_tensors(std::vector<model::NamedTensor>& tensors, const std::string& ending) {
  std::erase_if(tensors, [&](const model::NamedTensor& entry) { return entry.name.ends_with(ending); });
}

inline model::NamedTensor& tensor_ending(std::vector<model::NamedTensor>& tensors, const std::string& ending) {
  for (model::NamedTensor& entry : tensors) {
    if (entry.name.ends_with(ending)) return entry;
  }
  throw std::out_of_range(ending);
}

}  // namespace engram::tests
