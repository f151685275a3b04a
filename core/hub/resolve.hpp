// What a recipe or a command line calls a model or an adapter: a folder, or a repository in the Hugging Face cache.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "hub/cache.hpp"

namespace engram::hub {

struct Located {
  std::filesystem::path folder;
  std::optional<Snapshot> snapshot;  // of the cache; absent: a folder of its own
};

// A folder at `name`, seen from `from_folder`, wins; else org/name[@revision] in the cache of hub_cache(). Text that
// could name no repository is taken as a folder and not looked at. Never touches the network. Throws DataError with
// `where` as its place: neither is there (it names what is near: in the cache, or in the folder that the name begins
// with), the snapshot lacks files that
// engram needs, or one of its links leaves the cache.
Located resolve(const std::string& name, const std::filesystem::path& from_folder, const std::string& where);

}  // namespace engram::hub
