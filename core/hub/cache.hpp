// The Hugging Face cache: models--org--name/{refs, snapshots, blobs}, as huggingface_hub lays it out.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hub/reference.hpp"

namespace engram::hub {

// One commit of a repository in the cache.
struct Snapshot {
  Reference reference;  // as it was asked for
  std::string commit;   // 40 hexadecimal digits
  std::filesystem::path folder;

  // "org/name@commit": means the same model everywhere and always.
  std::string pinned() const { return reference.repository + "@" + commit; }
};

class Cache {
 public:
  // Need not exist.
  explicit Cache(std::filesystem::path folder);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path repository_folder(const std::string& repository) const;
  std::filesystem::path lock_file(const std::string& repository, const std::string& name) const;

  // Names of the repositories that have a snapshot, sorted.
  std::vector<std::string> repositories() const;
  // Branches and tags of a repository, sorted; where it has none, its commits.
  std::vector<std::string> revisions(const std::string& repository) const;

  // Looks at the disk alone. Empty: not there.
  std::optional<Snapshot> find(const Reference& reference) const;

  // Throws DataError when a link in the snapshot leads out of the cache folder, where a file of the name could be
  // anything.
  void refuse_links_that_leave(const Snapshot& snapshot) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace engram::hub
