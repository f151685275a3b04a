// org/name@revision, and what lies in a cache under it. The input is the reference, a line feed, and the content of its
// file below refs/.
#include <filesystem>

#include "hub/cache.hpp"
#include "support/memory_file.hpp"
#include "support/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engram;
  namespace fs = std::filesystem;
  const std::string input(fuzz::text_of(data, size));
  const std::string name = input.substr(0, input.find('\n'));
  const auto reference = hub::parse_reference(name);
  fuzz::require(fuzz::accepts([&] { hub::require_reference(name); }) == reference.has_value(), "both ways agree");
  if (!reference) return 0;
  static const fuzz::MemoryFolder folder;
  const hub::Cache cache(folder.path() / "hub");
  const fs::path repository = cache.repository_folder(reference->repository);
  const fs::path file = (repository / "refs" / reference->revision).lexically_normal();
  fuzz::require(repository.lexically_normal().parent_path() == cache.folder(), "a repository lies in the cache");
  fuzz::require(file.string().starts_with((repository / "refs/").string()), "a revision lies below refs");
  fuzz::require(hub::parse_reference(reference->text()).has_value(), "its text names it again");
  if (input.size() == name.size() || reference->revision.size() > 100) return 0;
  folder.write(file.lexically_relative(folder.path()), input.substr(name.size() + 1));
  fuzz::accepts([&] { cache.find(*reference); });
  folder.clear();
  return 0;
}
