// What a hub's server answers about a repository. The input is the answer's text.
#include <algorithm>
#include <filesystem>

#include "base/json.hpp"
#include "hub/http.hpp"
#include "hub/listing.hpp"
#include "hub/reference.hpp"
#include "support/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engram;
  namespace fs = std::filesystem;
  const std::string text(fuzz::text_of(data, size));
  const fuzz::AllocationLimit limit(size);
  hub::Listing listing;
  if (!fuzz::accepts([&] { listing = hub::read_listing(parse_json(text, "answer"), "https://hub"); })) return 0;
  fuzz::require(hub::is_commit(listing.commit), "a listing is of a commit");
  for (const hub::RemoteFile& file : listing.files) {
    const fs::path target = (fs::path("/snapshot") / file.name).lexically_normal();
    fuzz::require(target.string().starts_with("/snapshot/"), "a file lies in the snapshot");
    fuzz::require(file.name.find('\0') == std::string::npos, "a file's name is whole");
    fuzz::require(file.hash.find('/') == std::string::npos && !file.hash.empty(), "a blob is a name");
  }
  return 0;
}
