// Model folders in Hugging Face layout: read (headers only, or all), and written so that transformers reads them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace engram::model {

// What a folder's headers say; reads config.json, the safetensors header and the heads file, and no weights.
struct FolderFacts {
  std::filesystem::path folder;
  sdk::ModelView view;  // trunk parameters only; heads are listed below
  struct HeadFacts {
    std::string task;  // the task's name; "" when the folder (made by others) names none
    std::vector<std::string> labels;
  };
  std::vector<HeadFacts> heads;
  std::filesystem::path tokenizer_file;              // tokenizer.json
  std::vector<std::filesystem::path> weights_files;  // model.safetensors, or its shards
  uint64_t weights_bytes = 0;                        // of all of them
};

// Throws DataError with everything that is wrong with the folder at once.
FolderFacts inspect_folder(const std::filesystem::path& folder);

// Adds a head's parameters to a view, as Model::view() of the loaded model would show them.
void add_head_to_view(sdk::ModelView& view, const std::string& task, int64_t classes, HeadUse use);

// Loads all, fp32, mapped where possible. A head without a task gets `task_of_unnamed_head`; left out when that is "".
std::unique_ptr<Model> load_model(const std::filesystem::path& folder, const std::string& task_of_unnamed_head);

// Writes heads.json and, for every head but `primary_task`'s, heads.safetensors: docs/model_folder.md.
void save_heads(const Model& model, const std::string& primary_task, const std::filesystem::path& folder);

// Writes config.json, model.safetensors, tokenizer files (copied from `tokenizer_source`) and the heads.
// `primary_task`'s head is the one transformers sees (classifier.*, id2label); the others go to engram's heads file.
// `tensors` replaces parameters by name (for instance with adapters merged in); empty: the model as it is.
void save_model(const Model& model, const std::string& primary_task, const std::filesystem::path& tokenizer_source,
                const std::filesystem::path& folder, const std::vector<NamedTensor>& tensors = {});

}  // namespace engram::model
