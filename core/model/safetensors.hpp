// safetensors files: a strict reader over a memory map, and a writer. Format: huggingface/safetensors README.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/named_tensor.hpp"
#include "model/safetensors_header.hpp"

namespace engram::model {

class SafetensorsFile {
 public:
  // Maps the file and checks its header (safetensors_header.hpp). Throws DataError with every fault at once.
  explicit SafetensorsFile(const std::filesystem::path& file);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;

  const SafetensorsHeader& header() const;
  // A tensor over the mapped bytes, in the file's dtype, kept alive by the tensor; copy-on-write, so writes to it
  // never reach the file. Throws DataError naming the nearest tensors when there is none of that name.
  at::Tensor tensor(const std::string& name) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Atomic; byte for byte what the safetensors package writes: tensors ranked by dtype (widest first), then name; header
// padded to 8 bytes; metadata {"format": "pt"} plus `metadata`. Tensors keep their dtype and may be on any device.
void write_safetensors(const std::filesystem::path& file, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace engram::model
