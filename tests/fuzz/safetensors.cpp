// The header of a safetensors file. The input is the file.
#include <map>

#include "base/json.hpp"
#include "model/safetensors_header.hpp"
#include "support/property.hpp"

namespace {

using namespace engram;

std::string written(const model::SafetensorsHeader& header) {
  Json object = Json::object();
  if (!header.metadata.empty()) object["__metadata__"] = header.metadata;
  for (const model::SafetensorsEntry& entry : header.entries) {
    object[entry.name] = {{"dtype", model::name_of(entry.dtype)},
                          {"shape", Json::array()},
                          {"data_offsets", Json::array({entry.begin, entry.end})}};
    for (const int64_t size : entry.shape) object[entry.name]["shape"].push_back(size);
  }
  const std::string text = object.dump();
  std::string file;
  for (size_t i = 0; i < 8; ++i) file += static_cast<char>(text.size() >> (8 * i) & 0xFF);
  return file + text;
}

model::SafetensorsHeader parsed(std::string_view file, uint64_t size) {
  return model::parse_safetensors_header({reinterpret_cast<const std::byte*>(file.data()), file.size()}, size, "file");
}

void check(const model::SafetensorsHeader& header, uint64_t size) {
  uint64_t end = header.data_start;
  for (const model::SafetensorsEntry& entry : header.entries) {
    fuzz::require(header.data_start + entry.begin == end, "tensors lie one behind the other");
    end = header.data_start + entry.end;
    fuzz::require(header.find(entry.name) != nullptr, "every tensor is found by its name");
  }
  fuzz::require(end == size, "tensors end where the file does");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view file = fuzz::text_of(data, size);
  const fuzz::AllocationLimit limit(size);
  model::SafetensorsHeader header;
  if (!fuzz::accepts([&] { header = parsed(file, size); })) return 0;
  check(header, size);
  const std::string again = written(header);
  const model::SafetensorsHeader reread = parsed(again, again.size() + size - header.data_start);
  fuzz::require(reread.metadata == header.metadata && reread.names() == header.names(), "read again, it is the same");
  return 0;
}
