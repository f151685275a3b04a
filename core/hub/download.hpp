// One file of a repository, into the blobs of the cache.
#pragma once

#include <filesystem>

#include "hub/client.hpp"
#include "hub/events.hpp"
#include "hub/listing.hpp"

namespace engram::hub {

// `blob` is complete and checked afterwards, or was there already with the right size (Source::cache). What an earlier
// attempt has left in `blob`.incomplete is gone on with; what a failed one leaves stays there, unless it is known to be
// wrong. Throws DataError: wrong size, wrong checksum, refusals; InternalError (exit 6) when the disk is full.
Source download(const RemoteFile& file, const std::filesystem::path& blob, const std::string& commit, Client& client,
                const Tell& tell);

}  // namespace engram::hub
