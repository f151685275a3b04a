// manifest.json, grid.json and chain.json of a folder that is to go on. The first byte chooses which, the rest is its
// text.
#include "run/run_documents.hpp"

#include <filesystem>

#include "support/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engram;
  if (size == 0) return 0;
  const std::string text(fuzz::text_of(data + 1, size - 1));
  const fuzz::AllocationLimit limit(size);
  std::vector<run::BegunLink> links;
  fuzz::accepts([&] {
    const Json document = parse_json(text, "document");
    if (data[0] % 3 == 0) run::begun_run(document, "document");
    if (data[0] % 3 == 1) run::begun_grid(document, "document");
    if (data[0] % 3 == 2) links = run::begun_chain(document, "document");
  });
  for (const run::BegunLink& link : links) {
    const std::filesystem::path folder = (std::filesystem::path("chain") / link.folder).lexically_normal();
    fuzz::require(folder.parent_path() == "chain" && folder.has_filename(), "a link's run lies in the chain's folder");
  }
  return 0;
}
