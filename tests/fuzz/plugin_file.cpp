// A plugin's file, before it is loaded. The input is the file.
#include "strategy/plugin_file.hpp"
#include "support/memory_file.hpp"
#include "support/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engram;
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  const fuzz::AllocationLimit limit(size);
  std::string tag;
  if (!fuzz::accepts([&] { tag = strategy::read_abi_tag(file.path(), {"recipe.lua", 7}); })) return 0;
  fuzz::require(strategy::is_abi_tag(tag), "what is accepted has a tag");
  fuzz::require(fuzz::text_of(data, size).find(tag) != std::string_view::npos, "the tag stands in the file");
  return 0;
}
