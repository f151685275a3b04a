// The header of a safetensors file, checked strictly. Knows no torch, so that it can be fuzzed on its own.
//
// Rules (huggingface/safetensors, README and safetensors/src/tensor.rs): eight bytes of little-endian header length; a
// JSON object of at most 100 MB that starts with '{'; offsets that cover the rest of the file without hole or overlap;
// shape times element size equals the bytes; no key twice; `__metadata__` maps strings to strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace engram::model {

// The dtypes that engram computes or stores with, in the order in which the safetensors package ranks them for writing.
// Others are refused with the tensor's name.
enum class Dtype { boolean, u8, i8, i16, f16, bf16, i32, f32, f64, i64 };

size_t bytes_of(Dtype dtype);
// "F32", "BF16", ... as the file spells it.
std::string name_of(Dtype dtype);

struct SafetensorsEntry {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<int64_t> shape;  // {} is a scalar; a zero makes an empty tensor
  uint64_t begin = 0;          // bytes from the start of the data
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the order of their data
  std::map<std::string, std::string> metadata;
  uint64_t data_start = 0;  // bytes from the start of the file

  const SafetensorsEntry* find(const std::string& name) const;
  std::vector<std::string> names() const;
};

inline constexpr uint64_t kLargestSafetensorsHeader = 100'000'000;

// Reads the header from the file's first bytes (at least eight plus the header) and checks it against the file's size.
// Throws DataError with every fault at once; `file` is what the messages name.
SafetensorsHeader parse_safetensors_header(std::span<const std::byte> bytes, uint64_t file_size,
                                           const std::string& file);

}  // namespace engram::model
