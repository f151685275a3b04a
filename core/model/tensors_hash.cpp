#include "model/tensors_hash.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "model/folder_contents.hpp"

namespace engram::model {
namespace {

// What the shapes of the tensors do not tell.
std::string settings_text(const BertConfig& config) {
  const std::vector<std::string> names = kernels::activation_names();
  const auto name = std::find_if(names.begin(), names.end(), [&](const std::string& candidate) {
    return kernels::activation_of(candidate) == config.activation;
  });
  return "activation " + *name + ", heads " + std::to_string(config.heads) + ", layer_norm_eps " +
         text::shortest(config.layer_norm_eps) + "\n";
}

}  // namespace

std::string tensors_hash(const std::filesystem::path& folder) {
  const FolderContents contents = read_folder_contents(folder);
  Sha256 hash;
  hash.add(settings_text(contents.config));
  for (const auto& [name, stored] : contents.trunk) {
    const SafetensorsEntry& entry = *contents.weights.find(stored);
    const at::Tensor tensor = contents.weights.tensor(stored);
    hash.add(name + " " + name_of(entry.dtype) + " " + text::shape(entry.shape) + "\n");
    hash.add({static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()});
  }
  return hash.digits();
}

}  // namespace engram::model
