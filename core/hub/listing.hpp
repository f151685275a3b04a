// What a repository holds, as its server tells.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace engram::hub {

struct RemoteFile {
  std::string name;  // relative, with slashes
  uint64_t size = 0;
  // SHA-256 (64 digits) of files in large file storage, git's SHA-1 of a blob (40 digits) of all others. The file's
  // name in the cache.
  std::string hash;
};

struct Listing {
  std::string commit;
  std::vector<RemoteFile> files;  // in the order of their names
};

// The answer to GET api/models/{repository}/revision/{revision}?blobs=true. Throws DataError with everything that is
// wrong: no commit, file names that lead out of a folder or hold control characters, no sizes or checksums.
Listing read_listing(const Json& answer, const std::string& address);

}  // namespace engram::hub
