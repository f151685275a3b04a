// Which files of a repository a pull takes.
#pragma once

#include <string>
#include <vector>

#include "hub/listing.hpp"

namespace engram::hub {

// needed: what engram uses. everything: all but pickles, which can run code when they are read.
enum class Extent { needed, everything };

struct Selection {
  std::vector<RemoteFile> files;
  std::vector<std::string> left_out;
  std::vector<std::string> pickles;  // a part of left_out

  uint64_t bytes() const;
};

// Throws DataError with the reason and the way out: weights as pickles alone or in no form that engram reads, neither a
// model nor an adapter. `repository` is for the text.
Selection select(const Listing& listing, Extent extent, const std::string& repository);

}  // namespace engram::hub
