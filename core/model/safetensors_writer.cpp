#include <numeric>
#include <set>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "model/safetensors.hpp"
#include "model/safetensors_dtype.hpp"

namespace engram::model {
namespace {

struct Item {
  std::string name;
  Dtype dtype;
  at::Tensor data;  // contiguous, on the CPU
};

std::vector<Item> checked_items(const std::vector<NamedTensor>& tensors) {
  std::vector<Item> items;
  std::set<std::string> names;
  for (const NamedTensor& named : tensors) {
    if (!named.tensor.defined()) throw InternalError({.what = "tensor '" + named.name + "' to be saved is undefined"});
    const std::optional<Dtype> dtype = dtype_of(named.tensor.scalar_type());
    if (!dtype) {
      throw InternalError({.what = "tensor '" + named.name + "' has a dtype that safetensors files do not hold: " +
                                   std::string(at::toString(named.tensor.scalar_type()))});
    }
    if (!names.insert(named.name).second || named.name == "__metadata__") {
      throw InternalError({.what = "the name '" + named.name + "' cannot be saved: it is taken"});
    }
    items.push_back({named.name, *dtype, named.tensor.detach().to(at::kCPU).contiguous()});
  }
  std::sort(items.begin(), items.end(),
            [](const Item& a, const Item& b) { return a.dtype != b.dtype ? a.dtype > b.dtype : a.name < b.name; });
  return items;
}

// The length and the JSON, padded with spaces so that the data starts at a multiple of eight.
std::string header_of(const std::vector<Item>& items, const std::map<std::string, std::string>& metadata) {
  Json object;
  object["__metadata__"]["format"] = "pt";
  for (const auto& [key, value] : metadata) object["__metadata__"][key] = value;
  uint64_t offset = 0;
  for (const Item& item : items) {
    Json& entry = object[item.name];
    entry["dtype"] = name_of(item.dtype);
    entry["shape"] = item.data.sizes().vec();
    entry["data_offsets"] = {offset, offset + item.data.nbytes()};
    offset += item.data.nbytes();
  }
  std::string text = object.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(text.size() >> (8 * i) & 0xff);
  return bytes + text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& file, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const std::vector<Item> items = checked_items(tensors);
  const std::string header = header_of(items, metadata);
  std::vector<std::string_view> parts = {header};
  for (const Item& item : items) {
    parts.emplace_back(static_cast<const char*>(item.data.const_data_ptr()), item.data.nbytes());
  }
  write_parts_atomically(file, parts);
}

}  // namespace engram::model
