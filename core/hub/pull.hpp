// `engram pull`: a repository of a hub, downloaded into the Hugging Face cache.
#pragma once

#include "hub/cache.hpp"
#include "hub/environment.hpp"
#include "hub/events.hpp"
#include "hub/reference.hpp"
#include "hub/selection.hpp"

namespace engram::hub {

struct PullRequest {
  Reference reference;
  Extent extent = Extent::needed;
};

struct Pulled {
  Snapshot snapshot;
  uint64_t downloaded = 0;         // bytes of the files that were not in the cache
  std::vector<std::string> notes;  // what a user has to know: no tokenizer.json
};

// Files come one after the other, are checked and get their names; the branch or tag points to the commit only when all
// are there. So a pull that fails leaves what was there before, and the next one goes on from where it stopped. Throws
// DataError for everything that the server or the network refuses, InternalError (exit 6) when the disk is full,
// interrupt::Interrupted. Everything that has come so far stays. A full commit that is complete in the cache is
// answered from there where the network is forbidden or does not answer.
Pulled pull(const PullRequest& request, const Access& access, const Cache& cache, const Tell& tell);

}  // namespace engram::hub
