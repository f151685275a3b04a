// model.safetensors.index.json. The input is its text.
#include <filesystem>

#include "base/json.hpp"
#include "model/safetensors_index.hpp"
#include "support/property.hpp"

using namespace engram;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(fuzz::text_of(data, size));
  const fuzz::AllocationLimit limit(size);
  model::SafetensorsIndex index;
  if (!fuzz::accepts([&] { index = model::parse_safetensors_index(text, "index"); })) return 0;
  for (const std::string& shard : index.shards()) {
    const std::filesystem::path file = std::filesystem::path("folder") / shard;
    fuzz::require(file.lexically_normal().parent_path() == "folder", "a shard lies in the index's folder");
    fuzz::require(shard.find('\0') == std::string::npos, "a shard's name is whole");
  }
  Json again;
  again["weight_map"] = index.shard_of;
  if (index.total_size) again["metadata"]["total_size"] = *index.total_size;
  const model::SafetensorsIndex reread = model::parse_safetensors_index(again.dump(), "index");
  fuzz::require(reread.shard_of == index.shard_of && reread.total_size == index.total_size,
                "read again, it is the same");
  Faults faults;
  check_shards(index, {}, "index", faults);
  return 0;
}
