#include "model/tensors_hash.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "model/folder_contents.hpp"

namespace engram::model {

std::string tensors_hash(const std::filesystem::path& folder) {
  const FolderContents contents = read_folder_contents(folder);
  Sha256 hash;
  for (const auto& [name, stored] : contents.trunk) {
    const SafetensorsEntry& entry = *contents.weights.find(stored);
    const at::Tensor tensor = contents.weights.tensor(stored);
    hash.add(name + " " + name_of(entry.dtype) + " " + text::shape(entry.shape) + "\n");
    hash.add({static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()});
  }
  return hash.digits();
}

}  // namespace engram::model
